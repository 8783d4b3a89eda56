// The only style of the HTML report: light, dark and print from one set of names.

export const STYLE = `
:root {
  --paper: #fbfaf7; --sheet: #ffffff; --ink: #1d2320; --soft: #5b655f; --line: #e2e0d8; --tint: #f3f1ea;
  --accent: #1f5c4a; --accent-soft: #e3efe9;
  --critical: #9b1c31; --critical-soft: #fbe6e8; --high: #b4480f; --high-soft: #fdebdd;
  --medium: #8a6100; --medium-soft: #fbf1d3; --low: #1c6478; --low-soft: #e0f0f4; --info: #5b655f; --info-soft: #eceeeb;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --mono: ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #141816; --sheet: #1b211e; --ink: #e8ece9; --soft: #9faba4; --line: #303834; --tint: #222925;
    --accent: #7fc8ad; --accent-soft: #1e332b;
    --critical: #ff8fa0; --critical-soft: #43191f; --high: #ffab73; --high-soft: #412412;
    --medium: #e8c15a; --medium-soft: #382c0c; --low: #7fc6da; --low-soft: #12303a; --info: #a5b0aa; --info-soft: #272e2a;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 3.5rem; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.55 var(--sans); -webkit-text-size-adjust: 100%; }
main { max-width: 72rem; margin: 0 auto; padding: 0 1.5rem 5rem; }
.skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; top: 1rem; z-index: 3; background: var(--sheet); padding: .5rem 1rem; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
a { color: var(--accent); text-underline-offset: .2em; }
h1, h2, h3, h4 { line-height: 1.25; margin: 0; font-weight: 650; }
h1 { font-size: 2.4rem; letter-spacing: -.02em; }
h2 { font-size: 1.45rem; letter-spacing: -.01em; margin-bottom: 1rem; }
h3 { font-size: 1rem; margin-bottom: .5rem; }
h4 { font-size: .76rem; color: var(--soft); text-transform: uppercase; letter-spacing: .06em; margin: 1.1rem 0 .35rem; }
h4:first-child { margin-top: 0; }
p { margin: 0 0 .75rem; max-width: 46rem; }
ul, ol, dl, dd, figure { margin: 0; padding: 0; } ul.plain, .tiles, .legend, .actions, .steps, nav ul, .notes { list-style: none; }
section { margin-top: 3.5rem; }
code { font: .86em/1.45 var(--mono); overflow-wrap: anywhere; }
.faint { color: var(--soft); } .place { color: var(--soft); } small { font-size: .82rem; color: var(--soft); }
.nobody { color: var(--critical); font-style: italic; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }

nav { position: sticky; top: 0; z-index: 2; background: var(--paper); border-bottom: 1px solid var(--line); }
nav ul { display: flex; gap: 1.4rem; max-width: 72rem; margin: 0 auto; padding: .7rem 1.5rem; overflow-x: auto; }
nav a { color: var(--soft); text-decoration: none; white-space: nowrap; font-size: .9rem; } nav a:hover { color: var(--accent); }

.top { padding-top: 3rem; }
.brand { font-weight: 700; color: var(--accent); letter-spacing: .01em; margin-bottom: .4rem; } .brand span { font-weight: 400; color: var(--soft); }
.lead { font-size: 1.2rem; line-height: 1.5; margin: .9rem 0 .8rem; max-width: 50rem; }
.top + section { margin-top: 1.8rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .75rem; }
.tile { background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.1rem .9rem; display: flex; flex-direction: column; }
.tile b { font-size: 2rem; line-height: 1.1; font-weight: 650; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.tile span { font-weight: 600; margin-top: .2rem; } .tile small { margin-top: .1rem; }
.tile.bad b { color: var(--critical); } .tile.warn b { color: var(--high); }
.bar { margin-top: 1.4rem; } .bar svg { display: block; width: 100%; height: 12px; border-radius: 6px; overflow: hidden; }
.legend { display: flex; flex-wrap: wrap; gap: .4rem 1.3rem; margin-top: .7rem; font-variant-numeric: tabular-nums; }
.fill.critical { fill: var(--critical); } .fill.high { fill: var(--high); } .fill.medium { fill: var(--medium); } .fill.low { fill: var(--low); } .fill.info { fill: var(--info); }
.pill { display: inline-block; min-width: 4.4rem; text-align: center; font-size: .74rem; font-weight: 650; line-height: 1; padding: .32rem .55rem; border-radius: 99px; background: var(--info-soft); color: var(--info); }
.pill.critical { background: var(--critical-soft); color: var(--critical); } .pill.high { background: var(--high-soft); color: var(--high); }
.pill.medium { background: var(--medium-soft); color: var(--medium); } .pill.low { background: var(--low-soft); color: var(--low); }
.tier { font-size: .84rem; } .tier.admin { color: var(--critical); font-weight: 650; } .tier.high { color: var(--high); font-weight: 600; } .tier.unknown, .tier.none { color: var(--soft); }

.actions { counter-reset: action; display: grid; gap: .75rem; }
.actions > li { counter-increment: action; display: grid; grid-template-columns: 2.2rem 1fr auto; gap: .3rem 1rem; background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; padding: 1.1rem 1.2rem; }
.actions > li::before { content: counter(action); font-size: 1.35rem; font-weight: 650; color: var(--accent); line-height: 1.2; }
.actions p { margin-bottom: .5rem; } .actions .ask { margin: 0; font-size: .9rem; display: flex; flex-wrap: wrap; gap: .3rem .5rem; align-items: baseline; }
.ask > span:first-child { color: var(--soft); } .ask .who { background: var(--tint); border-radius: 5px; padding: .05rem .5rem; }
.count { display: flex; flex-direction: column; align-items: flex-end; gap: .4rem; font-size: .9rem; white-space: nowrap; margin: 0 !important; }

.filters { display: flex; flex-wrap: wrap; gap: .8rem 1rem; align-items: flex-end; margin-bottom: 1.2rem; } .filters[hidden] { display: none; }
.filters label { display: flex; flex-direction: column; gap: .2rem; font-size: .8rem; color: var(--soft); } .filters .search { flex: 1 1 14rem; }
.filters input, .filters select { font: 15px var(--sans); color: var(--ink); background: var(--sheet); border: 1px solid var(--line); border-radius: 7px; padding: .45rem .6rem; max-width: 16rem; }
.filters .search input { max-width: none; width: 100%; } .filters p { margin: 0 0 .45rem; color: var(--soft); font-size: .9rem; }
button { font: inherit; color: var(--accent); background: none; border: 1px solid var(--line); border-radius: 7px; padding: .3rem .8rem; cursor: pointer; }
.group h3 { text-transform: capitalize; margin: 1.4rem 0 .6rem; }
.finding { background: var(--sheet); border: 1px solid var(--line); border-left: 3px solid var(--info); margin-bottom: .4rem; border-radius: 0 8px 8px 0; }
.finding.critical { border-left-color: var(--critical); } .finding.high { border-left-color: var(--high); } .finding.medium { border-left-color: var(--medium); } .finding.low { border-left-color: var(--low); }
.finding[hidden], .group[hidden] { display: none; }
.finding summary { display: grid; grid-template-columns: auto 1fr minmax(7rem, auto); gap: .2rem 1rem; align-items: baseline; padding: .65rem 1rem; cursor: pointer; list-style: none; }
.finding summary::-webkit-details-marker { display: none; } .finding summary:hover { background: var(--tint); }
.finding .what { display: flex; flex-direction: column; min-width: 0; } .finding .title { font-weight: 560; overflow-wrap: anywhere; } .finding .where { font-size: .86rem; }
.finding .who { text-align: right; font-size: .88rem; color: var(--soft); }
.finding .body { padding: .4rem 1.2rem 1rem; border-top: 1px solid var(--line); } .finding .foot { font-size: .82rem; margin: 1.2rem 0 0; max-width: none; }
.columns { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 1rem 2.5rem; padding-top: .8rem; } .columns.wide { grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 2rem; padding: 0; }
.columns ul:not(.plain) { padding-left: 1.1rem; }
.evidence > div, .facts > div { display: grid; grid-template-columns: 8.5rem minmax(0, 1fr); gap: .2rem .8rem; padding: .22rem 0; border-top: 1px solid var(--line); } .evidence > div:first-child, .facts > div:first-child { border-top: 0; }
.evidence .evidence .evidence > div { display: block; } dt { overflow-wrap: anywhere; color: var(--soft); font-size: .88rem; } .value { font: .86em/1.45 var(--mono); overflow-wrap: anywhere; }
.references { font-size: .88rem; }

.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th { text-align: left; font-weight: 600; } thead th { font-size: .76rem; font-weight: 600; color: var(--soft); border-bottom: 1px solid var(--line); padding: .3rem .6rem; vertical-align: bottom; } thead th.number { text-align: right; }
tbody th, tbody td { padding: .4rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; } .rows tbody th { max-width: 26rem; font-weight: 400; } .name { display: block; font-weight: 600; overflow-wrap: anywhere; }
.rows tbody th code { color: var(--soft); } .matrix tbody th { font-weight: 500; } .matrix .zero { color: var(--soft); } .scroll + .faint { margin-top: .6rem; } .secrets td:last-child { min-width: 15rem; } .detectors tbody th { min-width: 15rem; } .matrix td.admin { background: var(--critical-soft); color: var(--critical); font-weight: 650; } .matrix td.high { background: var(--high-soft); color: var(--high); font-weight: 600; } .matrix td.medium { background: var(--medium-soft); } .matrix .all { font-weight: 650; }
.actions + p { margin-top: .8rem; }
details.all { margin-top: 1.5rem; } details.all > summary { cursor: pointer; color: var(--accent); font-weight: 560; margin-bottom: .6rem; }

.paths { background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; padding: 1.1rem 1.2rem; margin-bottom: .9rem; } .paths h3 { margin-bottom: .1rem; } .paths h3 code { color: var(--soft); font-weight: 400; } .paths > p { margin-bottom: .2rem; font-size: .9rem; }
.path { margin-top: .9rem; } .path figcaption { font-weight: 560; margin-bottom: .45rem; }
.steps { display: flex; flex-wrap: wrap; gap: .6rem 1.6rem; } .step { position: relative; flex: 1 1 12rem; max-width: 19rem; display: flex; flex-direction: column; background: var(--tint); border-radius: 8px; padding: .55rem .75rem; font-size: .88rem; } .step b { font: 600 .93em/1.4 var(--mono); overflow-wrap: anywhere; } .step .on { font: .82em/1.4 var(--mono); overflow-wrap: anywhere; color: var(--soft); } .step small { margin-top: .25rem; overflow-wrap: anywhere; }
.step:not(:last-child)::after { content: "\\2192"; position: absolute; right: -1.3rem; top: 50%; transform: translateY(-50%); color: var(--soft); font-size: 1.1rem; }
.step.end { background: var(--critical-soft); } .step.end b { font-family: var(--sans); }

.notes li { padding: .4rem 0; border-bottom: 1px solid var(--line); } .unseen > div { display: grid; grid-template-columns: 8.5rem minmax(0, 1fr); gap: .5rem 1rem; padding: .6rem 0; border-bottom: 1px solid var(--line); } .unseen ul { padding-left: 1.1rem; } .unseen dt { font-weight: 600; color: var(--ink); }
@media (max-width: 68rem) { .tiles { grid-template-columns: repeat(3, 1fr); } }
@media (max-width: 46rem) {
  .tiles { grid-template-columns: repeat(2, 1fr); }
  h1 { font-size: 1.9rem; } .lead { font-size: 1.08rem; } .columns, .columns.wide { grid-template-columns: minmax(0, 1fr); } .finding summary { grid-template-columns: auto 1fr; } .finding .who { grid-column: 2; text-align: left; } .actions > li { grid-template-columns: 1.6rem 1fr; } .count { grid-column: 2; flex-direction: row; align-items: center; } .step:not(:last-child)::after { display: none; } .unseen > div { grid-template-columns: 1fr; } .filters label { flex: 1 1 9rem; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
@media print {
  :root { --paper: #fff; --sheet: #fff; --ink: #000; --soft: #444; --line: #ccc; --tint: #f4f4f2; --accent: #1f5c4a; --critical: #9b1c31; --critical-soft: #fbe6e8; --high: #b4480f; --high-soft: #fdebdd; --medium: #8a6100; --medium-soft: #fbf1d3; --low: #1c6478; --low-soft: #e0f0f4; --info: #5b655f; --info-soft: #eceeeb; }
  body { font-size: 10pt; } nav, .filters, .skip { display: none !important; } main { max-width: none; padding: 0; } section { margin-top: 1.6rem; } .top { padding-top: 0; }
  .finding, .actions > li, .paths, .tile, tr { break-inside: avoid; } h2, h3 { break-after: avoid; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`
