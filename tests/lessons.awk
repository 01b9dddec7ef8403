# SPDX-License-Identifier: MIT
# The page of a lesson, for lessons.sh, which tells what a page is.
#
# step=take	what is quoted is in the files; commands to dir/commands, the output that the
#		page has to dir/page/N, the rest of a block's info string to dir/kind/N
# step=put	print the page with the output in dir/output/N
#
# Blocks: ```console [times [cpus=N]], and ```LANGUAGE FILE.

function wrong(text)
{
	printf "%s:%d: %s\n", FILENAME, FNR, text >"/dev/stderr"
	failed = 1
}

function content(file,    line, text, got)
{
	text = "\n"
	while ((got = (getline line <file)) > 0)
		text = text line "\n"
	if (got < 0)
		wrong("there is no file " file)
	close(file)
	return text
}

function begin_block(info)
{
	split(info, word, " ")
	block = "console"
	if (info ~ /^console( times( cpus=[0-9]+)?)?$/) {
		kind = substr(info, length("console") + 2)
	} else if (info ~ /^[a-z]+ [^ ]+$/ && word[1] != "console") {
		block = "quote"
		file = word[2]
		quoted = "\n"
	} else {
		wrong("blocks begin with ```console, ```console times, ```console times cpus=N, or the language and name of a file; this one with ```" info)
	}
	is_command = had_command = 0
}

# The shell's status is that of the command before, as at a prompt.
function take_command()
{
	nr++
	printf "%s", kind >(dir "/kind/" nr)
	printf "" >(dir "/page/" nr)
	if (command == "echo $?")
		printf "" >(dir "/asked/" nr - 1)
	printf "{ %s\n} >\"$lesson/output/%d\" 2>&1 </dev/null\n", command, nr >(dir "/commands")
	printf "lesson_status=$?; echo $lesson_status >\"$lesson/status/%d\"\n", nr >(dir "/commands")
	print "(exit $lesson_status)" >(dir "/commands")
}

function put_output(    line)
{
	while ((getline line <(dir "/output/" nr)) > 0)
		print line
}

function begin_or_go_on(line)
{
	command = is_command ? command "\n" line : substr(line, 3)
	is_command = line ~ /\\$/
	had_command = 1
	if (is_command)
		return
	if (step == "take")
		take_command()
	else
		nr++
}

function end_block()
{
	if (is_command)
		wrong("a command goes on after its block")
	else if (block == "quote" && step == "take" && !index(content(files "/" file), quoted))
		wrong("the block above is not in " file)
	block = ""
}

/^```/ && block == "" {
	print_line()
	begin_block(substr($0, 4))
	next
}

/^```/ {
	print_line()
	end_block()
	next
}

block == "quote" {
	print_line()
	quoted = quoted $0 "\n"
	next
}

block == "console" && (is_command || /^\$ /) {
	print_line()
	begin_or_go_on($0)
	if (step == "put" && !is_command)
		put_output()
	next
}

block == "console" {
	if (!had_command)
		wrong("output before the first command of a block")
	else if (step == "take")
		print >(dir "/page/" nr)
	next
}

/^(    |\t)/ {
	wrong("an indented block is not checked: fence it")
}

{
	print_line()
}

function print_line()
{
	if (step == "put")
		print
}

END {
	if (block != "")
		wrong("the last block has no end")
	exit failed
}
