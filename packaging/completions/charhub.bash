# SPDX-License-Identifier: MIT
# Completion of charhub(1) for bash: verbs, options and the names of consoles, as the client tells.

_charhub()
{
	local cur=${COMP_WORDS[COMP_CWORD]} word verb= words=0 i list
	local -a common=()

	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		-H | --host | --ssh | --socket) common+=("$word" "${COMP_WORDS[++i]}") ;;
		--host=* | --ssh=* | --socket=*) common+=("$word") ;;
		-*) ;;
		*)
			if [ "$verb" = hub ]; then
				verb="hub $word"
			else
				[ "$verb" ] && words=$((words + 1))
				verb=${verb:-$word}
			fi
			;;
		esac
	done
	case $cur in
	-*)
		# shellcheck disable=SC2086 # one word or two
		list=$(charhub complete options $verb 2>/dev/null)
		;;
	*)
		if [ -z "$verb" ]; then
			list=$(charhub complete verbs 2>/dev/null)
		elif [ $words = 0 ] && [ "$verb" = help ]; then
			list=$(charhub complete verbs 2>/dev/null)
		elif [ "$verb" = hub ]; then
			list=$(charhub complete verbs hub 2>/dev/null)
		elif [ $words = 0 ] && [ "$verb" != play ]; then
			list=$(charhub "${common[@]}" complete consoles 2>/dev/null)
		else
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			return
		fi
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$(cut -f1 <<<"$list")" -- "$cur")
	[[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace
}

complete -F _charhub charhub
