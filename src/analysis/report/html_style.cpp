// SPDX-License-Identifier: Apache-2.0
#include "analysis/report/html_page.hpp"

namespace voyager::analysis {

std::string_view page_style() {
  return R"css(
:root {
  color-scheme: light dark;
  --ground: #f5f6f8; --paper: #fff; --ink: #1c2430; --soft: #566072; --line: #dde1e8;
  --accent: #2b5fc0; --low: #4c6b8a; --low-ground: #e6edf4; --mid: #8a5a00; --mid-ground: #fdf0d5;
  --high: #a8232f; --high-ground: #fde4e4; --keyword: #7a2fa0; --string: #17703c;
  --number: #a04a00; --comment: #6b7484; --code-ground: #f2f4f7;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12161d; --paper: #1b212b; --ink: #e4e8ef; --soft: #9ba6b7; --line: #323a48;
    --accent: #8ab4ff; --low: #b3c8de; --low-ground: #263445; --mid: #f4c564; --mid-ground: #3d3016;
    --high: #ff9a9f; --high-ground: #48212a; --keyword: #d0a2f0; --string: #8fd6a5;
    --number: #f0b27a; --comment: #8590a2; --code-ground: #141921;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
header, main, footer { max-width: 72rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2rem; }
header p, footer { color: var(--soft); }
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.25rem; }
p { margin: .35rem 0; overflow-wrap: anywhere; }
a { color: var(--accent); }
code, pre { font: .875em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
code { overflow-wrap: anywhere; }
pre code { font-size: 1em; overflow-wrap: normal; }
.name { unicode-bidi: isolate; }
.cards {
  display: grid; gap: .75rem; margin-top: 1.25rem;
  grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr));
}
.card {
  display: block; padding: .9rem 1rem; border: 1px solid var(--line); border-radius: .6rem;
  background: var(--paper); color: inherit; text-decoration: none;
}
.card b { display: block; font-size: 1.9rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.card span { color: var(--soft); font-size: .9rem; }
a.card:hover, a.card:focus-visible { border-color: var(--accent); }
.LEVEL_3 b { color: var(--high); } .LEVEL_2 b { color: var(--mid); } .LEVEL_1 b { color: var(--low); }
.chips { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .75rem; }
.chips a {
  padding: .3rem .75rem; border: 1px solid var(--line); border-radius: 2rem;
  background: var(--paper); color: inherit; text-decoration: none; font-size: .9rem;
}
.chips a:hover, .chips a:focus-visible { border-color: var(--accent); }
.notes { margin-top: 1.25rem; padding: .6rem 1rem; border-left: .25rem solid var(--mid); background: var(--paper); }
.notes ul { margin: .25rem 0; padding-left: 1.1rem; overflow-wrap: anywhere; }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin-bottom: .75rem; }
form[hidden] { display: none; }
input, select, form button {
  min-width: 0; max-width: 100%; padding: .45rem .6rem; border: 1px solid var(--line); border-radius: .4rem;
  background: var(--paper); color: inherit; font: inherit; font-size: .95rem;
}
input { flex: 1 1 14rem; }
output { color: var(--soft); font-size: .9rem; }
.sheet { border: 1px solid var(--line); border-radius: .6rem; background: var(--paper); overflow: hidden; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .6rem .9rem; text-align: left; vertical-align: top; }
th { color: var(--soft); font-size: .85rem; font-weight: 600; }
th button { padding: 0; border: 0; background: none; color: inherit; font: inherit; cursor: pointer; }
th[aria-sort=ascending] button::after { content: " \25B2"; }
th[aria-sort=descending] button::after { content: " \25BC"; }
/* Blocks and grids instead of a table's own layout: long SQL scrolls instead of stretching it, and
   only what is on the screen is laid out, which tens of thousands of findings need. */
#findings, #findings thead, #findings tbody, .more, .more td { display: block; }
#findings tr:not(.more) {
  display: grid; grid-template-columns: 6.5rem minmax(0, 6fr) minmax(0, 6fr) minmax(0, 5fr);
}
#findings tbody { content-visibility: auto; contain-intrinsic-size: auto 7rem; }
#findings tbody[hidden] { display: none; }
tbody { border-top: 1px solid var(--line); }
#objects td:nth-child(2), #objects td:nth-child(3) { font-variant-numeric: tabular-nums; }
.more td { padding-top: 0; }
.facts tbody { border-top: 0; }
.facts tr { border-top: 1px solid var(--line); }
.facts .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.facts td:nth-child(3) { min-width: 11rem; }
.facts a { overflow-wrap: anywhere; }
.reasons { margin: .75rem 0 0; padding: .9rem 1rem .9rem 2rem; overflow-wrap: anywhere; }
.reasons li + li { margin-top: .35rem; }
.verdict { padding: .9rem 1rem; }
.LOW b { color: var(--low); } .MEDIUM b { color: var(--mid); } .HIGH b { color: var(--high); }
.impact {
  display: inline-block; padding: .05rem .55rem; border-radius: 1rem; font-size: .8rem; font-weight: 600;
  white-space: nowrap; background: var(--low-ground); color: var(--low);
}
.impact.LEVEL_2 { background: var(--mid-ground); color: var(--mid); }
.impact.LEVEL_3 { background: var(--high-ground); color: var(--high); }
.kind, .type { display: block; color: var(--soft); font-size: .8rem; overflow-wrap: anywhere; }
summary { cursor: pointer; overflow-wrap: anywhere; }
summary:focus-visible, a:focus-visible, button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .3rem 1rem; margin: .75rem 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
pre {
  max-width: 100%; max-height: 32rem; margin: .5rem 0; padding: .75rem 1rem; overflow: auto;
  border: 1px solid var(--line); border-radius: .4rem; background: var(--code-ground); tab-size: 4;
}
.k { color: var(--keyword); } .s { color: var(--string); } .n { color: var(--number); }
.c { color: var(--comment); font-style: italic; }
.none { padding: 1.5rem; text-align: center; color: var(--soft); }
footer { padding-top: 2rem; padding-bottom: 2rem; font-size: .85rem; }
@media (max-width: 44rem) {
  header, main, footer { padding-left: .9rem; padding-right: .9rem; }
  h1 { font-size: 1.5rem; }
  .cards { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  input, select { font-size: 1rem; }
  form > * { flex: 1 1 100%; }
  #findings tbody tr:not(.more) { display: block; }
  #findings td { display: block; }
  #findings thead tr:not(.more) { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: .5rem .9rem; }
  #findings th { padding: 0; }
  #findings tbody { padding: .7rem .9rem; }
  #findings td { padding: .1rem 0; }
  #objects th, #objects td { padding: .5rem; }
  .facts, .facts thead, .facts tbody { display: block; }
  .facts thead tr { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: .5rem .9rem; border-top: 0; }
  .facts tbody tr {
    display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .1rem 1rem; padding: .6rem .9rem;
  }
  .facts th, .facts td, .facts .number { padding: 0; text-align: left; white-space: normal; }
  .facts td:first-child { grid-column: 1 / -1; }
  .facts td:nth-child(3) { min-width: 0; }
  .facts td[data-label]:not(:empty)::before { content: attr(data-label) ": "; color: var(--soft); }
  dl { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dd { margin-bottom: .5rem; }
}
@media print { form { display: none; } .sheet { overflow: visible; } }
)css";
}

}  // namespace voyager::analysis
