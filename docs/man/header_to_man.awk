# SPDX-License-Identifier: MIT
# Section 3 of the manual from the public headers, which are its only source.
#
#	awk -v dir=OUT -v date="Month D, YYYY" -f header_to_man.awk include/pcasim/*.h
#
# x.h becomes OUT/pcasim_x.3 in mdoc(7), and each function of it a page that is only a
# link to there. What the headers' comments have to keep to:
#
#   - The comment after the licence is the DESCRIPTION; its first sentence is the NAME,
#     so it had better be short.
#   - A comment belongs to the declarations below it, up to the next empty line. One
#     with an empty line below it goes to the DESCRIPTION, or has a section of its own
#     if it begins with a line "---- title ----".
#   - Lines that begin with a tab are a list: a tag, a tab (a space where there is no
#     room for one), a text, which goes on after two tabs. If one of these lines ends in
#     ; { or }, or none has a tag, they are shown as they are.
#   - A member of a structure has a comment behind it or above it; one above stands for
#     all members up to the next empty line.
#
# A public function without a comment, and a pca_function() that no header declares, are
# told on stderr.

BEGIN {
	# Names of arguments that are no words of English.
	abbreviations = "^(attr|buf|cmd|cpu|ctx|dst|err|fmt|fn|opts|prog|retvals?|src|st)$"
	MOST_WIDTH = 18 # of a list's tags; longer ones have a line of their own
}

# --- Reading: headers into groups of declarations --------------------------------------
#
# A group is what one comment is about: group_doc[g], and from group_first[g] the
# declarations kind[d], name[d], decl[d], doc[d] (a comment behind it), body[d] (of a
# structure or an enumeration).

FNR == 1 {
	end_group()
	file = FILENAME
	sub(/.*\//, "", file)
	sub(/\.h$/, "", file)
	files[++nr_files] = file
	path[file] = FILENAME
	page_of[file ".h"] = page = file == "pcasim" ? file : "pcasim_" file
	description[file] = ""
	next # the licence
}

in_comment {
	comment = comment "\n" uncomment($0)
	if (/\*\//) {
		in_comment = 0
		end_comment()
	}
	next
}

skips_body {
	if (/^}/)
		skips_body = 0
	next
}

# A declaration goes on until its brackets are closed; a comment in it may have any.
pending != "" {
	if ($0 == "{" && pending_kind == "function") {
		skips_body = 1
		end_declaration()
		next
	}
	pending = pending "\n" $0
	if (ends_declaration($0))
		end_declaration()
	next
}

/^\/\*/ {
	end_group()
	comment = uncomment($0)
	if (/\*\//)
		end_comment()
	else
		in_comment = 1
	next
}

/^$/ {
	end_group()
	next
}

/^#define (PCA|pca)_/ {
	text = $0
	while (text ~ /\\$/ && (getline line) > 0)
		text = substr(text, 1, length(text) - 1) line
	add_macro(text)
	next
}

# A condition, or a macro of somebody else: the comment above is about that.
/^#/ || /^PCA_(BEGIN|END)_DECLS/ {
	group_comment = ""
	next
}

/^(struct|enum|union) [a-z_0-9]+;/ { next }

{
	pending = $0
	pending_kind = /^typedef/ ? "type" : \
		/^(struct|enum|union) [a-z_0-9]+ [{]/ ? "structure" : \
		/^extern/ && !/\(.*\).*;/ || /^extern.*__thread/ ? "variable" : "function"
	if (ends_declaration($0))
		end_declaration()
}

# What is left of a comment's line without its signs.
function uncomment(line)
{
	sub(/^[ \t]*\/\*[ ]?/, "", line)
	sub(/[ \t]*\*\/.*$/, "", line)
	sub(/^[\t]*[ ]\*[ ]?/, "", line)
	return line
}

function end_comment()
{
	sub(/^\n+/, "", comment)
	if (description[file] == "")
		description[file] = comment
	else
		group_comment = comment
}

function end_group()
{
	if (group_comment != "" && !in_group && !add_section())
		description[file] = description[file] "\n\n" group_comment
	group_comment = ""
	in_group = 0
}

# A comment about no declaration, under its title. Without a text it is a mere divider.
function add_section(    title)
{
	if (!match(group_comment, /^---- .* ----/))
		return 0
	title = substr(group_comment, 6, RLENGTH - 10)
	sub(/^[^\n]*\n*/, "", group_comment)
	if (group_comment == "")
		return 1
	group_doc[++nr_groups] = group_comment
	group_first[nr_groups] = nr_decls + 1
	group_last[nr_groups] = nr_decls
	group_title[nr_groups] = toupper(substr(title, 1, 1)) substr(title, 2)
	group_file[nr_groups] = file
	return 1
}

function ends_declaration(line)
{
	if (pending_kind == "structure")
		return line ~ /^}.*;/
	return line ~ /(;|[^ \t].*})[ \t]*(\/\*.*)?$/
}

function add(what, its_name, text, comment_behind)
{
	if (!in_group) {
		in_group = 1
		sub(/^---- [^\n]* ----\n*/, "", group_comment)
		group_doc[++nr_groups] = group_comment
		group_first[nr_groups] = nr_decls + 1
		group_file[nr_groups] = file
	}
	group_last[nr_groups] = ++nr_decls
	kind[nr_decls] = what
	name[nr_decls] = its_name
	decl[nr_decls] = text
	doc[nr_decls] = comment_behind
	place[nr_decls] = path[file] ":" FNR
	if (what == "function")
		page_of[its_name] = page
}

function comment_behind(text)
{
	if (!match(text, /[ \t]*\/\*/))
		return ""
	text = substr(text, RSTART + RLENGTH)
	gsub(/\n[ \t]*\*?/, " ", text)
	sub(/[ \t]*\*\/.*$/, "", text)
	return trim(text)
}

function trim(text)
{
	gsub(/[ \t\n]+/, " ", text)
	sub(/^ /, "", text)
	sub(/ $/, "", text)
	return text
}

function add_macro(text,    behind, its_name)
{
	behind = comment_behind(text)
	sub(/[ \t]*\/\*.*/, "", text)
	sub(/^#define[ \t]+/, "", text)
	match(text, /^[A-Za-z_0-9]+/)
	its_name = substr(text, 1, RLENGTH)
	text = substr(text, RLENGTH + 1)
	if (text ~ /^\(/) # takes arguments
		add("function", its_name, its_name substr(text, 1, index(text, ")")), behind)
	else if (trim(text) != "")
		add("constant", its_name, trim(text), behind)
}

function end_declaration(    text, its_name, rest)
{
	text = pending
	pending = ""
	if (pending_kind == "structure") {
		match(text, / [{][ \t]*\n/)
		its_name = substr(text, 1, RSTART - 1)
		rest = substr(text, RSTART + RLENGTH)
		sub(/\n}[^\n]*$/, "", rest)
		add(pending_kind, its_name, "", "")
		body[nr_decls] = rest
		return
	}
	rest = comment_behind(text)
	sub(/[ \t]*\/\*.*/, "", text)
	sub(/^(PCA_API|PCA_ALWAYS_INLINE|static inline|extern) /, "", text)
	gsub(/PCA_API /, "", text)
	text = trim(text)
	sub(/ ?__attribute__\(\(.*\)\)/, "", text)
	sub(/ [{].*[}]$/, "", text)
	sub(/ ?;$/, "", text)
	its_name = text
	if (pending_kind == "type" && text ~ /\(\*/) {
		sub(/^[^(]*\(\*/, "", its_name)
		sub(/\).*/, "", its_name)
	} else {
		sub(/ ?\(.*/, "", its_name)
		sub(/.*[ *]/, "", its_name)
	}
	add(pending_kind, its_name, text, rest)
}

# --- Text: a comment into mdoc ----------------------------------------------------------

function escape(text)
{
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	gsub(/~/, "\\(ti", text)
	gsub(/\^/, "\\(ha", text)
	return text
}

# In words a hyphen is a hyphen; before or among what one types it is a minus, and a line
# does not end behind that.
function escape_word(word)
{
	gsub(/\\/, "\\e", word)
	if (word ~ /^[("]*-/ || word ~ /[0-9A-Z_]-[0-9A-Za-z]/)
		gsub(/-/, "\\-", word)
	gsub(/~/, "\\(ti", word)
	gsub(/\^/, "\\(ha", word)
	return word
}

function quote(text)
{
	text = escape(text)
	gsub(/"/, "\\(dq", text)
	return "\"" text "\""
}

function put(text)
{
	print text > out
}

function flush_line()
{
	if (line_of_text ~ /^[.']/)
		line_of_text = "\\&" line_of_text
	if (line_of_text != "")
		put(line_of_text)
	line_of_text = ""
}

function put_word(word)
{
	if (length(line_of_text) + length(word) > 75)
		flush_line()
	line_of_text = line_of_text (line_of_text == "" ? "" : " ") word
	if (word ~ /[^.][.?!][)"]*$/) # a new sentence takes a new line
		flush_line()
}

# A macro's line, with the punctuation that stands before and behind in the text.
function put_macro(before, macro, behind)
{
	flush_line()
	gsub(/./, " &", behind)
	put("." (before == "" ? "" : "Pf " before " ") macro behind)
}

function refer(page, section)
{
	if (page != this_page || section != 3)
		see_also[section " " page] = 1
}

# The macro that marks a word up, or "". Words of two parts come joined by a tab.
function markup(word,    bare)
{
	if (word ~ /^(struct|enum|union)\t[a-z_0-9]+$/) {
		sub(/\t/, " ", word)
		return "Vt " word
	}
	bare = word
	sub(/\(.*/, "", bare)
	if (word ~ /^pca_[a-z_0-9]+\(\)$/) {
		if (!(bare in page_of)) {
			print this_path ": " word " is not declared in any of these headers" > "/dev/stderr"
			return "Fn " bare
		}
		if (page_of[bare] == this_page)
			return "Fn " bare
		refer(page_of[bare], 3)
		return "Xr " bare " 3"
	}
	if (word ~ /^[a-z_0-9]+\(\)$/)
		return "Fn " bare
	if (word ~ /^[a-z_-]+\([1-8]\)$/) {
		refer(bare, substr(word, length(bare) + 2, 1))
		return "Xr " bare " " substr(word, length(bare) + 2, 1)
	}
	if (word ~ /^-E[A-Z0-9]+$/)
		return "Er \\" word
	if (word ~ /^PCASIM_[A-Z]+$/)
		return "Ev " word
	if (word ~ /^\*[a-z]+\*$/)
		return "Em " substr(word, 2, length(word) - 2)
	if (word == "NULL" || word ~ /^[A-Z][A-Z0-9]*_[A-Z0-9_]+$/)
		return "Dv " word
	if (word ~ /^<[a-z_\/]+\.h>$/)
		return "In " substr(word, 2, length(word) - 2)
	if (word in page_of && word ~ /\.h$/) {
		refer(page_of[word], 3)
		return "Xr " page_of[word] " 3"
	}
	if (word ~ /^(docs)?\/[A-Za-z]/)
		return "Pa " word
	bare = word
	sub(/^\*/, "", bare)
	sub(/->.*/, "", bare)
	if (bare in is_field && (bare != word || bare ~ /_/ || bare ~ abbreviations))
		return "Fa " escape(word)
	return ""
}

function put_words(text,    nr, words, i, word, before, behind, macro)
{
	nr = split(text, words, /[ \t\n]+/)
	for (i = 1; i <= nr; i++) {
		word = words[i]
		if (word ~ /^(struct|enum|union)$/ && words[i + 1] ~ /^[a-z_0-9]+[.,:;)]*$/)
			word = word "\t" words[++i]
		before = behind = ""
		if (word ~ /^\(/) {
			before = "("
			word = substr(word, 2)
		}
		while (word !~ /\([1-8]?\)$/ && match(word, /[.,:;)]$/)) {
			behind = substr(word, RSTART) behind
			word = substr(word, 1, RSTART - 1)
		}
		macro = markup(word)
		if (macro != "")
			put_macro(before, macro, behind)
		else if (before word behind != "") {
			sub(/\t/, " ", word)
			put_word(before escape_word(word) behind)
		}
	}
	flush_line()
}

# "-EINVAL\ttext", "PCASIM_CHECKED=1 text" where a tab would have no room.
function split_tag(line,    at)
{
	item_text = ""
	at = match(line, /\t/)
	if (!at && line ~ /^[-A-Z0-9_=]+ [^ ]/)
		at = match(line, / /)
	if (!at)
		return line
	item_text = substr(line, at + 1)
	return substr(line, 1, at - 1)
}

# The tags of one item, with a comma between each two.
function put_tag(tag,    nr, tags, i, macro, line)
{
	nr = split(tag, tags, /, */)
	for (i = 1; i <= nr; i++) {
		macro = markup(tags[i])
		line = line (i > 1 ? " , " : "") (macro != "" ? macro : "No " quote(tags[i]))
	}
	put(".It " line)
}

# A block of lines that began with a tab: lines from..to of block[].
function put_block(nr,    i, is_code, has_tags, width, tag)
{
	for (i = 1; i <= nr; i++) {
		if (block[i] ~ /[;{}][ \t]*(\/\/.*)?$/)
			is_code = 1
		tag = split_tag(block[i])
		if (item_text != "" || block[i] ~ /^\t/)
			has_tags = 1
		if (tag in page_of)
			tag = page_of[tag] "(3)"
		if (block[i] !~ /^\t/ && length(tag) > width && length(tag) <= MOST_WIDTH)
			width = length(tag)
	}
	if (is_code || !has_tags) {
		put(".Bd -literal -offset indent")
		for (i = 1; i <= nr; i++)
			put((block[i] ~ /^[.']/ ? "\\&" : "") escape(block[i]))
		put(".Ed")
		return
	}
	put(".Pp")
	put(".Bl -tag -compact -width " (width ? width "n" : "Ds"))
	for (i = 1; i <= nr; i++) {
		if (block[i] ~ /^\t/) {
			put_words(trim(block[i]))
			continue
		}
		put_tag(split_tag(block[i]))
		put_words(item_text)
	}
	put(".El")
}

# begins: nothing stands before on this level, so that the first paragraph is not told.
function put_text(text, begins,    nr, lines, i, nr_block, paragraph)
{
	nr = split(text "\n", lines, /\n/)
	for (i = 1; i <= nr; i++) {
		if (lines[i] != "" && lines[i] !~ /^\t/) {
			paragraph = paragraph " " lines[i]
			continue
		}
		if (paragraph != "") {
			if (!begins)
				put(".Pp")
			begins = 0
			put_words(trim(paragraph))
			paragraph = ""
		}
		if (lines[i] == "")
			continue
		for (nr_block = 0; lines[i] ~ /^\t/; i++)
			block[++nr_block] = substr(lines[i], 2)
		i--
		put_block(nr_block)
		begins = 0
	}
}

# --- Declarations ------------------------------------------------------------------------

# The arguments of a prototype, into args[]: commas within brackets do not count.
function split_args(text, args,    nr, i, depth, c, arg)
{
	sub(/^[^(]*\(/, "", text)
	sub(/\)$/, "", text)
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		if (c == "(")
			depth++
		if (c == ")")
			depth--
		if (c == "," && !depth) {
			args[++nr] = trim(arg)
			arg = ""
		} else {
			arg = arg c
		}
	}
	args[++nr] = trim(arg)
	return nr
}

function put_prototype(d,    type, args, nr, i)
{
	type = substr(decl[d], 1, index(decl[d], name[d]) - 1)
	if (kind[d] == "type") {
		sub(/\(\*$/, "", type)
		put(".Ft " trim(type) "\n.Fo (*" name[d] ")")
	} else {
		if (type != "")
			put(".Ft " trim(type))
		put(".Fo " name[d])
	}
	nr = split_args(substr(decl[d], index(decl[d], name[d])), args)
	for (i = 1; i <= nr; i++)
		put(".Fa " quote(args[i]))
	put(".Fc")
}

# Names of arguments and members, which texts may mark up.
function learn_fields(text,    nr, words, i)
{
	gsub(/\/\*([^*]|\*[^\/])*\*\//, " ", text)
	nr = split(text, words, /[^a-z_0-9]+/)
	for (i = 1; i <= nr; i++)
		is_field[words[i]] = 1
}

# One member, or several that share a comment above. Their own comments come in a list.
function put_members(what, above, nr, members, behind,    i, tag, nr_behind)
{
	for (i = 1; i <= nr; i++)
		nr_behind += behind[i] != ""
	if (above == "") {
		for (i = 1; i <= nr; i++) {
			put(".It " what " " quote(members[i]))
			put_words(behind[i])
		}
		return
	}
	for (i = 1; i <= nr; i++)
		tag = tag (i > 1 ? " , " : "") quote(members[i])
	put(".It " what " " tag)
	put_text(above, 1)
	if (!nr_behind)
		return
	put(".Pp")
	put(".Bl -tag -compact -width Ds")
	for (i = 1; i <= nr; i++) {
		if (behind[i] == "")
			continue
		sub(/.*[ *]/, "", members[i]) # the name will do
		put(".It " what " " quote(members[i]))
		put_words(behind[i])
	}
	put(".El")
}

# Is the member whole, with the comment behind it?
function ends_member(line, what)
{
	if (line ~ /\/\*/)
		return line ~ /\*\//
	return what == "Dv" || line ~ /[;,][ \t]*$/
}

# A structure in a structure, from the line after lines[i] on, without its comments.
function inner_structure(line, lines, i,    depth, next_line)
{
	for (depth = 1; depth > 0; inner_lines++) {
		next_line = lines[i + inner_lines + 1]
		sub(/[ \t]*\/\*.*/, "", next_line)
		depth += (next_line ~ /[{]/) - (next_line ~ /[}]/)
		line = line " " trim(next_line)
	}
	return line
}

function put_structure(d,    what, nr_lines, lines, i, line, above, nr, members, behind)
{
	what = name[d] ~ /^enum/ ? "Dv" : "Va"
	nr_lines = split(body[d] "\n", lines, /\n/)
	put(".Bl -tag -compact -width Ds")
	for (i = 1; i <= nr_lines; i++) {
		line = lines[i]
		sub(/^\t+/, "", line)
		if (line == "" || line ~ /^\/\*/) {
			if (nr)
				put_members(what, above, nr, members, behind)
			nr = 0
			above = ""
		}
		if (line ~ /^\/\*/) {
			above = uncomment(line)
			while (lines[i] !~ /\*\//)
				above = above "\n" uncomment(lines[++i])
			sub(/^\n/, "", above)
			sub(/\n$/, "", above)
		} else if (line != "") {
			if (line ~ /^(struct|union).*[{]$/)
				line = inner_structure(line, lines, i)
			for (i += inner_lines; !ends_member(line, what) && i < nr_lines;)
				line = line "\n" lines[++i]
			inner_lines = 0
			behind[++nr] = comment_behind(line)
			sub(/[ \t]*\/\*.*/, "", line)
			sub(/[;,]$/, "", line)
			members[nr] = trim(line)
		}
	}
	put(".El")
}

# --- Pages ----------------------------------------------------------------------------------

function heading_of(g,    d, heading, prefix, nr_constants)
{
	prefix = name[group_first[g]]
	for (d = group_first[g]; d <= group_last[g]; d++) {
		heading = heading (heading == "" ? "" : ", ") name[d] (kind[d] == "function" ? "()" : "")
		nr_constants += kind[d] == "constant"
		while (index(name[d], prefix) != 1)
			sub(/[^_]*_?$/, "", prefix)
	}
	if (g in group_title)
		return group_title[g]
	if (nr_constants < d - group_first[g])
		return heading
	if (group_doc[g] == "")
		return "Constants"
	return nr_constants == 1 || prefix == "PCA_" ? heading : prefix "*"
}

function put_group(g,    d, comments, shown)
{
	for (d = group_first[g]; d <= group_last[g]; d++) {
		if (kind[d] == "function" && group_doc[g] == "" && doc[d] == "")
			print place[d] ": " name[d] "() has no comment" > "/dev/stderr"
		comments += doc[d] != "" || kind[d] == "constant"
		shown += comments || group_doc[g] != "" || kind[d] != "variable"
	}
	if (!shown && !(g in group_title)) # a variable that the SYNOPSIS has
		return
	put(".Ss " heading_of(g))
	put_text(group_doc[g], 1)
	if (comments == 1 && group_doc[g] == "" && group_first[g] == group_last[g] && \
	    kind[group_first[g]] == "function") {
		put_words(doc[group_first[g]])
		return
	}
	if (comments) {
		if (group_doc[g] != "")
			put(".Pp")
		put(".Bl -tag -compact -width Ds")
		for (d = group_first[g]; d <= group_last[g]; d++) {
			if (kind[d] == "structure")
				continue
			put(".It " (kind[d] == "function" ? "Fn " name[d] : \
				kind[d] == "constant" ? "Dv " name[d] " " quote(decl[d]) : \
				"Vt " name[d]))
			put_words(doc[d])
		}
		put(".El")
	}
	for (d = group_first[g]; d <= group_last[g]; d++) {
		if (kind[d] != "structure")
			continue
		if (group_doc[g] != "")
			put(".Pp")
		put_structure(d)
	}
}

# The first sentence of the file's comment, as one says it in a list. It is told once
# when the first paragraph is no more.
function summary_of(text)
{
	sub(/\n\n.*/, "", text)
	text = trim(text)
	sub(/^pcasim: /, "", text)
	if (match(text, /[.]( |$)/))
		text = substr(text, 1, RSTART - 1)
	if (text ~ /^[A-Z][a-z]/)
		text = tolower(substr(text, 1, 1)) substr(text, 2)
	return text
}

function put_name(file,    d, names)
{
	names = this_page
	for (d = 1; d <= nr_decls; d++) {
		if (kind[d] == "function" && page_of[name[d]] == this_page && !(name[d] in is_linked)) {
			is_linked[name[d]] = 1
			names = names " ,\n.Nm " name[d]
			out = dir "/" name[d] ".3"
			put(".so man3/" this_page ".3")
			close(out)
		}
	}
	out = dir "/" this_page ".3"
	put(".Sh NAME\n.Nm " names "\n.Nd " escape_word(summary_of(description[file])))
	put(".Sh LIBRARY\npcasim library (libpcasim, \\-lpcasim)")
}

function put_synopsis(file,    d)
{
	put(".Sh SYNOPSIS\n.In pcasim/" file ".h")
	for (d = 1; d <= nr_decls; d++) {
		if (decl_page[d] != this_page)
			continue
		if (kind[d] == "function" || kind[d] == "type" && decl[d] ~ /\(\*/)
			put_prototype(d)
		else if (kind[d] == "type" || kind[d] == "variable")
			put(".Vt " quote((kind[d] == "variable" ? "extern " : "") decl[d] ";"))
	}
}

function put_see_also(    nr, sorted, key, i, words)
{
	refer("pcasim", 7)
	for (key in see_also) {
		for (i = nr++; i > 0 && sorted[i] > key; i--)
			sorted[i + 1] = sorted[i]
		sorted[i + 1] = key
	}
	put(".Sh SEE ALSO")
	for (i = 1; i <= nr; i++) {
		split(sorted[i], words, / /)
		put(".Xr " words[2] " " words[1] (i < nr ? " ," : ""))
	}
}

function put_page(file,    g, d, text)
{
	this_page = page_of[file ".h"]
	this_path = path[file]
	split("", see_also)
	split("", is_field)
	for (g = 1; g <= nr_groups; g++) {
		for (d = group_first[g]; d <= group_last[g] && group_file[g] == file; d++) {
			decl_page[d] = this_page
			learn_fields(decl[d] " " body[d])
		}
	}
	out = dir "/" this_page ".3"
	put(".\\\" Made of pcasim/" file ".h by header_to_man.awk.")
	put(".Dd " date "\n.Dt " toupper(this_page) " 3\n.Os pcasim")
	put_name(file)
	put_synopsis(file)
	put(".Sh DESCRIPTION")
	text = description[file]
	if (text ~ /^[^.]*[.]\n\n/)
		sub(/^[^.]*[.]\n\n/, "", text)
	put_text(text, 1)
	for (g = 1; g <= nr_groups; g++) {
		if (group_file[g] == file)
			put_group(g)
	}
	put_see_also()
	close(out)
}

END {
	end_group()
	for (i = 1; i <= nr_files; i++)
		put_page(files[i])
}
