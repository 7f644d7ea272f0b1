# SPDX-License-Identifier: MIT
# Completion of charhub(1) for fish: verbs, options and the names of consoles, as the client tells.

function __charhub_verb
    for word in (commandline -opc)[2..-1]
        string match -q -- '-*' $word; or begin
            echo $word
            return
        end
    end
end

function __charhub_words
    set -l verb (__charhub_verb)
    if string match -q -- '-*' (commandline -ct)
        charhub complete options $verb 2>/dev/null
    else if test -z "$verb" -o "$verb" = help
        charhub complete verbs 2>/dev/null
    else if test "$verb" = hub; and test (commandline -opc)[-1] = hub
        charhub complete verbs hub 2>/dev/null
    else
        charhub complete consoles 2>/dev/null
    end
end

complete -c charhub -f -n 'test (__charhub_verb) != play' -a '(__charhub_words)'
complete -c charhub -F -n 'test (__charhub_verb) = play'
