# SPDX-License-Identifier: MIT
# Completion of charhub(1) for fish, as the client tells.

function __charhub_words
    set -l last (commandline -ct)
    set -l list (charhub complete -- (commandline -opc)[2..-1] "$last" 2>/dev/null)
    if test "$list[1]" = :files
        set -l prefix (string match -r -- '^-[^=]*=' "$last")
        __fish_complete_path (string sub -s (math (string length -- "$prefix") + 1) -- "$last") | string replace -r -- '^' "$prefix"
        return
    end
    string join \n -- $list
end

complete -c charhub -f -a '(__charhub_words)'
