# SPDX-License-Identifier: MIT
# Completion of charhub(1) for bash, as the client tells.

_charhub()
{
	local i words=() value list

	# bash breaks words at '=' and ':'; here they are put together again
	for ((i = 1; i <= COMP_CWORD; i++)); do
		if [[ ${#words[@]} -gt 0 && (${COMP_WORDS[i]} == [=:]* || ${words[-1]} == *[=:]) ]]; then
			words[-1]+=${COMP_WORDS[i]}
		else
			words+=("${COMP_WORDS[i]}")
		fi
	done
	mapfile -t list < <(charhub complete -- "${words[@]}" 2>/dev/null | cut -f1)
	value=${words[-1]}
	case $value in
	-*=*) value=${value#*=} ;;
	esac
	if [[ ${list[0]} == :files ]]; then
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$value")
		return
	fi
	# what stands before the last break is there already
	value=${words[-1]}
	value=${value%"${value##*[=:]}"}
	COMPREPLY=("${list[@]#"$value"}")
	[[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace
}

complete -F _charhub charhub
