// SPDX-License-Identifier: MIT
#include "page.h"

#include <errno.h>

static const char style[] =
	":root{color-scheme:light dark;--ink:#1f2328;--dim:#57606a;--page:#ffffff;"
	"--panel:#f6f8fa;--line:#d0d7de;--link:#0969da;--good:#116329;--bad:#a40e26}\n"
	"@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--dim:#9da7b3;--page:#0d1117;"
	"--panel:#161b22;--line:#30363d;--link:#4493f8;--good:#56d364;--bad:#ff7b72}}\n"
	"*{box-sizing:border-box}\n"
	"html{-webkit-text-size-adjust:100%}\n"
	"body{margin:0;background:var(--page);color:var(--ink);"
	"font:16px/1.55 system-ui,sans-serif;overflow-wrap:break-word}\n"
	"header,main,footer{max-width:62rem;margin:0 auto;padding:0 1rem}\n"
	"h1{font-size:1.7rem;line-height:1.25;margin:2rem 0 .5rem}\n"
	"h2{font-size:1.25rem;margin:2.5rem 0 .5rem}\n"
	"p{max-width:42rem;margin:.6rem 0}\n"
	"code{font:.92em ui-monospace,monospace}\n"
	".lead,figcaption,footer{color:var(--dim)}\n"
	"dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:1rem 0}\n"
	"dt{color:var(--dim)}\n"
	"dd{margin:0;min-width:0}\n"
	"figure{margin:1rem 0}\n"
	"figcaption{font-size:.9rem;margin-top:.4rem}\n"
	".wide{overflow-x:auto;border:1px solid var(--line);border-radius:6px}\n"
	".wide:focus-visible{outline:2px solid var(--link);outline-offset:2px}\n"
	".wide svg{display:block;margin:6px}\n"
	"table{border-collapse:collapse;font-variant-numeric:tabular-nums;width:100%}\n"
	"th,td{padding:.35rem .75rem;text-align:right;border-top:1px solid var(--line);"
	"white-space:nowrap}\n"
	"thead th{border-top:0;background:var(--panel);vertical-align:bottom}\n"
	".left{text-align:left}\n"
	".bar{width:30%;min-width:5rem}\n"
	".bar div{height:.7rem;background:var(--link)}\n"
	"h3{font-size:1rem;margin:1.6rem 0 .4rem}\n"
	"summary{font-size:1.05rem;font-weight:600;margin-top:1.2rem;cursor:pointer}\n"
	"th:first-child{text-align:left;font-weight:600}\n"
	"@media (max-width:32rem){th,td{padding:.3rem .25rem;font-size:.75rem}"
	"th{white-space:normal}}\n"
	".good{color:var(--good);font-weight:600}\n"
	".bad{color:var(--bad);font-weight:600}\n"
	"footer{margin:3rem auto 2rem;font-size:.9rem}\n";

static void write_head(FILE *out, const char *title)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"
	      "img-src data:;style-src 'unsafe-inline'\">\n"
	      "<link rel=\"icon\" href=\"data:,\">\n<title>",
	      out);
	xml_text(out, title);
	fputs(" - pcasim</title>\n<style>\n", out);
	fputs(style, out);
	svg_write_style(out);
	fputs("</style>\n</head>\n<body>\n", out);
}

void page_begin(FILE *out, const char *title, const char *lead)
{
	write_head(out, title);
	fputs("<header>\n", out);
	page_text(out, "h1", title);
	fprintf(out, "<p class=\"lead\">%s</p>\n</header>\n<main>\n", lead);
}

void page_end(FILE *out)
{
	fputs("</main>\n<footer>Written by pcasim " PCASIM_VERSION
	      ". This page loads nothing and runs no scripts.</footer>\n</body>\n</html>\n",
	      out);
}

void page_text(FILE *out, const char *tag, const char *text)
{
	fprintf(out, "<%s>", tag);
	xml_text(out, text);
	fprintf(out, "</%s>\n", tag);
}

void page_fact(FILE *out, const char *name, const char *text)
{
	page_text(out, "dt", name);
	page_text(out, "dd", text);
}

void page_begin_wide(FILE *out, const char *name)
{
	fputs("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"", out);
	xml_text(out, name);
	fputs("\">\n", out);
}

void page_end_wide(FILE *out)
{
	fputs("</div>\n", out);
}

int page_figure(FILE *out, const struct page_figure *figure, const void *what)
{
	const struct svg_head head = { figure->title, figure->description, false };
	struct svg svg;
	int err;

	if (!svg_begin(&svg))
		return -ENOMEM;
	figure->draw(&svg, what);
	fputs("<figure>\n", out);
	page_begin_wide(out, figure->title);
	err = svg_end(&svg, out, &head);
	page_end_wide(out);
	page_text(out, "figcaption", figure->caption);
	fputs("</figure>\n", out);
	return err;
}
