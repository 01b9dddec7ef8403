# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Completion of pcasim's command line by bash. What there is to offer is asked of the
# tool when it is needed, so that there is no second list: commands and options are read
# from its --help, where an option and what it takes begin a line, as in
# "  -o, --output FILE  where the trace goes", and releases from "releases --json".

# The tool's answer; fails where there is none.
_pcasim_ask() { # tool, argument...
	"$@" 2>/dev/null </dev/null
}

# The part of a help that shows the forms of a command: "usage: pcasim replay FILE...".
_pcasim_forms() { # help
	sed '/^$/q' <<<"$1"
}

# "--name VALUE" for each option, "-n VALUE" for its short form.
_pcasim_options() { # help
	echo --help
	_pcasim_forms "$1" | grep -oE -- '--?[a-z][a-z-]*( [A-Z]+)?'
	sed -nE 's/^  (-[a-z]), (--[a-z][a-z-]*)( [A-Z]+)?.*/\1\3\n\2\3/p
		s/^  (--[a-z][a-z-]*( [A-Z]+)?).*/\1/p' <<<"$1"
}

# FILE, DIR, N, ...: what an option takes; nothing for one that takes nothing.
_pcasim_value_of() { # option, help
	_pcasim_options "$2" | sed -nE "s/^$1 //p" | head -n 1
}

_pcasim_releases() { # tool
	_pcasim_ask "$1" releases --json | grep -oE '"name": *"[^"]*"' | cut -d '"' -f 4
}

_pcasim_offer() { # word to complete, lines of words
	mapfile -t COMPREPLY < <(compgen -W "$2" -- "$1")
}

_pcasim_offer_value() { # word to complete, kind of value, tool
	case $2 in
	FILE)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$1")
		;;
	DIR)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$1")
		;;
	RELEASE) _pcasim_offer "$1" "$(_pcasim_releases "$3")" ;;
	esac
}

# What stands before a command: --kernel RELEASE, or help.
_pcasim_top() { # word to complete, tool
	local help
	help=$(_pcasim_ask "$2" --help) || return
	case $1 in
	-*) _pcasim_offer "$1" "$(grep -oE -- '--[a-z][a-z-]*' <<<"$help" | sort -u)" ;;
	*) _pcasim_offer "$1" "help $(sed -nE 's/^  ([a-z][a-z-]*) .*/\1/p' <<<"$help")" ;;
	esac
}

_pcasim_of_command() { # word to complete, option before it or "", tool, command
	local help value=
	help=$(_pcasim_ask "$3" "$4" --help) || return
	case $2 in
	-*) value=$(_pcasim_value_of "$2" "$help") ;;
	esac
	if [[ $value ]]; then
		_pcasim_offer_value "$1" "$value" "$3"
	elif [[ $1 == -* ]]; then
		_pcasim_offer "$1" "$(_pcasim_options "$help" | grep -oE -- '^--[a-z-]+' | sort -u)"
	elif _pcasim_forms "$help" | grep -qE ' \[?FILE\]?(\.\.\.)?\]?( |$)'; then
		_pcasim_offer_value "$1" FILE
	fi
}

_pcasim() {
	local tool=${COMP_WORDS[0]/#\~\//$HOME/} command_at=1
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}

	COMPREPLY=()
	# bash makes three words of --option=value.
	if [[ $word == = ]]; then
		word=
	elif [[ $before == = ]]; then
		before=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if [[ ${COMP_WORDS[1]} == --kernel ]]; then
		command_at=3
		[[ ${COMP_WORDS[2]} != = ]] || command_at=4
	fi
	if ((COMP_CWORD >= 2 && COMP_CWORD < command_at)); then
		_pcasim_offer_value "$word" RELEASE "$tool"
	elif ((COMP_CWORD <= command_at)) || [[ ${COMP_WORDS[command_at]} == help ]]; then
		_pcasim_top "$word" "$tool"
	else
		_pcasim_of_command "$word" "$before" "$tool" "${COMP_WORDS[command_at]}"
	fi
}

complete -F _pcasim pcasim
