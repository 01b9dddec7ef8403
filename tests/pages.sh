#!/bin/sh
# SPDX-License-Identifier: MIT
# The pictures and the page that the tool writes, opened in headless Chromium: nothing on
# its console, nothing loaded, no page wider than a phone, text that can be read, in the light
# and in the dark scheme. usage: pages.sh PCASIM
set -u

tool=${1:?usage: pages.sh PCASIM}
for command in chromium xmllint; do
	if ! command -v $command >/dev/null; then
		echo "$command is not installed"
		exit 77
	fi
done
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

passed=0
failed=0

ok() {
	printf 'ok - %s\n' "$1"
	passed=$((passed + 1))
}

not_ok() { # name, file that tells why
	printf 'not ok - %s\n' "$1"
	sed 's/^/#   /' "$2"
	failed=$((failed + 1))
}

check() { # name, command...: succeeds
	name=$1
	shift
	if "$@" >"$dir/why" 2>&1; then
		ok "$name"
	else
		not_ok "$name" "$dir/why"
	fi
}

# --- What is looked at --------------------------------------------------------------------

mkdir "$dir/traces"
printf '#oracle_fuzz v1 seed=1 nops=1 possible_cpus=2\n#kernel release=6.18.44 online=2 pin=1\n0 CREATE h=h0 type=6 key_size=4 value_size=8 max_entries=1 flags=0x0 -> ret=0 err=0\n' \
	>"$dir/traces/linux-6.18.44-<one>&two"

check "topo writes a picture" "$tool" topo --topology 'pack:2 numa:1 l3:1 l2:2 l1d:1 core:1 pu:2' \
	--possible 0-5,7,9 --online 0-3 --svg "$dir/topo.svg"
check "topo writes a picture of a large machine" "$tool" topo \
	--topology 'pack:2 numa:1 core:128 pu:2' --online 0-300 --svg "$dir/large.svg"
check "footprint writes a picture" "$tool" --kernel 5.10 footprint --cpus 24 --entries 5000000 \
	--svg "$dir/footprint.svg"
check "model draws what lies in lines" "$tool" model --topology 'core:4 pu:2' --explain \
	--accesses 1000 --svg "$dir/lines.svg"
check "demo writes a page" "$tool" demo --topology pu:6 --online 0-4 --seconds 0.02 \
	--traces "$dir/traces" --html "$dir/demo.html"
check "demo writes a page for many CPUs" "$tool" demo --topology 'pack:2 numa:1 core:50 pu:2' \
	--online 0-7 --seconds 0.02 --traces "$dir/traces" --html "$dir/many.html"
check "bench writes a page" "$tool" bench count read_sum dispatch --html "$dir/bench.html"
check "bench writes a page about few keys" "$tool" bench update --threads 1 --keys 3 --work 9 \
	--layout packed,slab --html "$dir/few.html"
check "bench writes a page without charts" "$tool" bench program --html "$dir/program.html"

# This is what must not be: the checks below have to tell.
cat >"$dir/broken.html" <<'END'
<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>broken</title>
<svg><text y="9">a name</text><text y="12">another</text></svg>
<p style="width:900px;color:#999;background:#aaa">wide and pale</p>
<img src="topo.svg" alt="loaded">
<script>no_such_function()</script>
</html>
END

# --- Without a browser ----------------------------------------------------------------------

has_no_address() { # file: no URL but the name of SVG
	! grep -Eo '[a-z]+://[^"'\'' )]*|url\(|@import' "$1" | grep -vx 'http://www.w3.org/2000/svg'
}

has_no_script() { # file
	! grep -inE '<script|javascript:| on[a-z]+=' "$1"
}

pictures_of() { # page
	printf '<all>\n'
	sed -n '/<svg/,/<\/svg>/p' "$1"
	printf '</all>\n'
}

for file in topo.svg large.svg footprint.svg lines.svg demo.html many.html bench.html few.html \
	program.html; do
	check "$file names no address" has_no_address "$dir/$file"
	check "$file has no script" has_no_script "$dir/$file"
done
for file in topo.svg large.svg footprint.svg lines.svg; do
	check "$file is well-formed" xmllint --noout "$dir/$file"
done
# Charts over threads take two CPUs.
cpus=$(nproc)
while read -r page pictures; do
	pictures_of "$dir/$page.html" >"$dir/$page.xml"
	check "$page.html has well-formed pictures" xmllint --noout "$dir/$page.xml"
	check "$page.html has $pictures pictures" \
		test "$(grep -c '<svg' "$dir/$page.xml")" -eq "$pictures"
done <<END
demo 5
many 5
bench $((cpus > 1 ? 5 : 3))
few 2
program 0
END

leaves_out() { # page, beginning of a line
	grep -q "^<p>$2.* is left out: .*<code>pcasim bench [a-z]* --html FILE</code> has it" "$dir/$1.html"
}

check "few.html says what it has no threads for" leaves_out few 'Throughput against threads'
check "few.html says what it has no keys for" leaves_out few 'Cost against number of keys'
check "program.html says what it has no layouts for" leaves_out program 'All of it'

# --- In the browser -------------------------------------------------------------------------

# A page shows files in frames of a width and a scheme and writes down what it finds. To a
# frame, the scheme that its element asks for is the reader's.
wrapper() { # "FILE WIDTH SCHEME"...
	cat <<'END'
<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>pages</title><body><script>
function light(text) {
	var c = text.match(/[\d.]+/g).slice(0, 3).map(function (v) {
		v /= 255;
		return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
	});
	return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
}
function contrast(a, b) {
	a = light(a); b = light(b);
	return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}
function behind(view, e) {
	for (; e; e = e.parentElement) {
		var colour = view.getComputedStyle(e).backgroundColor;
		if (!/, 0\)$/.test(colour)) return colour;
	}
	return 'rgb(255, 255, 255)';
}
function least_contrast(view, doc) {
	var least = 21, style = view.getComputedStyle.bind(view);
	doc.querySelectorAll('h1,h2,h3,summary,p,dt,dd,th,td,figcaption,footer,code,span').forEach(function (e) {
		least = Math.min(least, contrast(style(e).color, behind(view, e)));
	});
	doc.querySelectorAll('g').forEach(function (g) {
		var box = g.querySelector('rect');
		g.querySelectorAll('text').forEach(function (e) {
			if (box) least = Math.min(least, contrast(style(e).fill, style(box).fill));
		});
	});
	doc.querySelectorAll('svg > text').forEach(function (e) {
		least = Math.min(least, contrast(style(e).fill, behind(view, e.parentElement)));
	});
	/* Lines and dots need 3 where text needs 4.5. */
	doc.querySelectorAll('svg .line, svg .dot').forEach(function (e) {
		var behind_it = behind(view, e.closest('svg').parentElement);
		least = Math.min(least, 1.5 * contrast(style(e).color, behind_it));
	});
	return least;
}
/* Text of pictures that lies on other text. */
function overlaps(doc) {
	var nr = 0;
	doc.querySelectorAll('svg').forEach(function (svg) {
		var boxes = [];
		svg.querySelectorAll('text').forEach(function (e) {
			var a = e.getBoundingClientRect();
			nr += boxes.filter(function (b) {
				return a.left < b.right && b.left < a.right &&
					a.top + 2 < b.bottom && b.top + 2 < a.bottom;
			}).length;
			boxes.push(a);
		});
	});
	return nr;
}
var loaders = '[src],[srcset],object,link:not([href^="data:"]),image,use';
function look(file, width, scheme) {
	var frame = document.createElement('iframe');
	frame.style.cssText = 'width:' + width + 'px;height:600px;color-scheme:' + scheme;
	frame.src = file;
	frame.onload = function () {
		var view = frame.contentWindow, doc = frame.contentDocument, root = doc.documentElement;
		var is_dark = view.matchMedia('(prefers-color-scheme: dark)').matches;
		var result = document.createElement('p');
		result.textContent = 'FOUND ' + file + ' ' + width + ' ' + scheme +
			(is_dark == (scheme == 'dark') ? ' scheme:right' : ' scheme:wrong') +
			(root.scrollWidth <= root.clientWidth ? ' width:fits' : ' width:overflows') +
			(overlaps(doc) ? ' pictures:overlap' : '') +
			(least_contrast(view, doc) >= 4.5 ? ' text:readable' : ' text:pale') +
			' loaded:' + doc.querySelectorAll(loaders).length;
		document.body.appendChild(result);
	};
	document.body.appendChild(frame);
}
END
	for look; do
		# shellcheck disable=SC2086 # three words
		printf "look('%s', %s, '%s');\n" $look
	done
	printf '</script></body></html>\n'
}

browse() { # "FILE WIDTH SCHEME"...: leaves found and console
	wrapper "$@" >"$dir/wrapper.html"
	timeout 120 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
		--disable-background-networking --disable-component-update --disable-sync \
		--disable-dev-shm-usage --user-data-dir="$dir/profile" \
		--allow-file-access-from-files --enable-logging=stderr --dump-dom \
		"file://$dir/wrapper.html" >"$dir/dom" 2>"$dir/err" </dev/null
	grep -o '<p>FOUND [^<]*' "$dir/dom" | sed 's/^<p>FOUND //' >"$dir/found"
	grep ':CONSOLE' "$dir/err" >"$dir/console"
}

was_found() { # line
	grep -Fx "$1" "$dir/found" || {
		echo "not found: $1"
		cat "$dir/found"
		tail -n 3 "$dir/err"
		return 1
	}
}

# Pictures are wider than a phone: the page scrolls them in boxes of their own.
browse 'broken.html 360 light'
check "a page that is too wide, pale, has text on text and loads something is told" \
	was_found 'broken.html 360 light scheme:right width:overflows pictures:overlap text:pale loaded:1'
check "an error on the console is told" test -s "$dir/console"

set --
for scheme in light dark; do
	for look in 'demo.html 360' 'demo.html 1200' 'many.html 360' 'bench.html 360' \
		'bench.html 1200' 'few.html 360' 'program.html 360' 'topo.svg 1000' \
		'large.svg 1000' 'footprint.svg 1000' 'lines.svg 1000'; do
		set -- "$@" "$look $scheme"
	done
done
browse "$@"
for look; do
	check "$look: fits, can be read, loads nothing" \
		was_found "$look scheme:right width:fits text:readable loaded:0"
done
if [ -s "$dir/console" ]; then
	not_ok "nothing on the console" "$dir/console"
else
	ok "nothing on the console"
fi

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
