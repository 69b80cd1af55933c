/** The style of the console, after that of every page. Colours have a contrast of 4.5 at least, in both schemes. */
export const consoleStyle = `
:root { --ok: #116329; --ok-ground: #dafbe1; --info: #0550ae; --info-ground: #ddf4ff; --warn: #7a4b00; --warn-ground: #fff3cd; --fail: #a40e26; --fail-ground: #ffe3e0; --plain: #4b5767; --fault: #6639ba; --fault-ground: #f1e8ff }
@media (prefers-color-scheme: dark) { :root { --ok: #7ee2a0; --ok-ground: #12361f; --info: #8cc4ff; --info-ground: #12304f; --warn: #f2cc60; --warn-ground: #3d2f0a; --fail: #ffa198; --fail-ground: #4a1a1c; --plain: #aab6c5; --fault: #d2b6ff; --fault-ground: #32234f } }
html { scroll-padding-top: 7rem }
main.wide { max-width: 88rem; padding: 0 1.25rem 4rem }
.bar { position: sticky; top: 0; z-index: 2; margin: 0 -1.25rem 1.25rem; padding: .75rem 1.25rem 0; background: var(--ground); border-bottom: 1px solid var(--line) }
.bar .row { gap: .75rem }
.bar h1 { display: flex; gap: .6rem; align-items: center; margin: 0; font-size: 1.15rem }
.mark { display: grid; place-items: center; width: 1.9rem; height: 1.9rem; border-radius: 8px; background: linear-gradient(135deg, #1f6feb, #7c4dff); color: #fff; font-size: 1rem }
.live { display: inline-flex; gap: .4rem; align-items: center; font-size: .85rem; color: var(--soft) }
.live::before { content: ''; width: .55rem; height: .55rem; border-radius: 50%; background: var(--soft) }
.live[data-state=open] { color: var(--ok) }
.live[data-state=open]::before { background: currentColor; animation: pulse 2.4s infinite }
@keyframes pulse { 50% { opacity: .35 } }
.bar nav { display: flex; gap: .25rem; margin: .5rem -.6rem 0; overflow-x: auto; scrollbar-width: none }
.bar nav a { flex: none; padding: .35rem .6rem .5rem; color: var(--soft); font-size: .9rem; text-decoration: none; border-bottom: 2px solid transparent }
.bar nav a:hover { color: var(--ink); border-color: var(--accent) }
.place .copyable { justify-content: space-between }
.place code { font-size: .74rem }
.row { display: flex; flex-wrap: wrap; gap: .4rem .6rem; align-items: center }
.end { margin-left: auto }
.columns { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; align-items: start }
@media (min-width: 64rem) { .columns { grid-template-columns: minmax(0, 1.75fr) minmax(22rem, 1fr) } }
.column { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem }
.part { padding: 1rem 1.1rem; margin: 0; min-width: 0 }
.part > header { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; justify-content: space-between; margin-bottom: .6rem; min-height: 2rem }
.part h2 { margin: 0; font-size: 1rem }
.part p { margin: .25rem 0 }
h3 { font-size: .9rem; font-weight: 600; margin: 1.1rem 0 .35rem }
summary { cursor: pointer; font-size: .9rem; padding: .2rem 0 }
summary:focus-visible, pre:focus-visible, select:focus-visible, dialog:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
h2:focus { outline: 0 }
button.small, .button.small { display: inline-flex; align-items: center; justify-content: center; padding: .15rem .6rem; min-height: 1.75rem; font-size: .82rem; font-weight: 500; border-radius: 7px; line-height: 1.4 }
.quiet { background: transparent; color: var(--ink); border-color: var(--line) }
button.quiet:hover, .button.quiet:hover { border-color: var(--accent); color: var(--accent) }
button.small.danger { border-color: var(--line) }
button.danger:hover { background: var(--fail-ground) }
button[data-armed] { background: var(--bad); color: var(--paper) }
select, .filter input, .fault input { width: 100%; padding: .4rem .6rem; min-height: 2.25rem; border: 1px solid var(--line); border-radius: 8px; background: var(--ground); color: inherit; font: inherit; font-size: .9rem }
.filter { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 1fr) minmax(0, 1.2fr) auto; gap: .5rem; margin-bottom: .6rem }
.filter button { padding: .4rem .9rem; font-size: .9rem; font-weight: 500 }
.badge { display: inline-block; padding: 0 .45rem; border-radius: 6px; background: var(--code); color: var(--plain); font-size: .78rem; font-weight: 600; line-height: 1.5rem; white-space: nowrap; font-variant-numeric: tabular-nums }
.s2 { background: var(--ok-ground); color: var(--ok) }
.s3 { background: var(--info-ground); color: var(--info) }
.s4 { background: var(--warn-ground); color: var(--warn) }
.s5 { background: var(--fail-ground); color: var(--fail) }
.fault.badge { background: var(--fault-ground); color: var(--fault) }
.requests, .list { list-style: none; margin: 0; padding: 0 }
.requests { margin: 0 -1.1rem -1rem; border-top: 1px solid var(--line) }
.requests li + li { border-top: 1px solid var(--line) }
.requests a { display: grid; grid-template-columns: 4.6rem 3.6rem 3.2rem minmax(0, 1fr) auto 4.2rem; gap: .6rem; align-items: center; padding: .45rem 1.1rem; color: inherit; text-decoration: none; font-size: .9rem }
.requests li:last-child a { border-radius: 0 0 11px 11px }
.requests a:hover { background: var(--code) }
.requests a:focus-visible { outline-offset: -2px }
.when, .took { color: var(--soft); font-size: .82rem; font-variant-numeric: tabular-nums; white-space: nowrap }
.took { text-align: right }
.method { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .8rem }
.requests .badge { justify-self: start }
.what { min-width: 0 }
.operation { font-weight: 600 }
.path { display: block; color: var(--soft); font-size: .82rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.api { font-weight: 600; margin-right: .35rem }
.marks { display: flex; gap: .3rem; flex-wrap: wrap; justify-content: end }
.fresh { animation: fresh 2s ease-out }
@keyframes fresh { from { background: var(--info-ground) } }
.list > li { padding: .55rem 0 }
.list > li:first-child { padding-top: 0 }
.list > li + li { border-top: 1px solid var(--line) }
.list .to, .list b { overflow-wrap: anywhere }
.list .text { overflow-wrap: anywhere; white-space: pre-wrap; font-size: .92rem; max-height: 9rem; overflow-y: auto }
.apis { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: .75rem }
.apis > li, .apis > li:first-child { padding: .8rem .9rem; border: 1px solid var(--line); border-radius: 10px; min-width: 0 }
#tokens .list { max-height: 26rem; overflow-y: auto }
.list > li:last-child { padding-bottom: 0 }
.place { display: grid; grid-template-columns: 2.6rem minmax(0, 1fr); align-items: center }
.apis > li:has([open]) { grid-column: 1 / -1 }
.copyable { display: inline-flex; gap: .4rem; align-items: flex-start; max-width: 100%; vertical-align: middle }
div.copyable { display: flex }
div.copyable pre { flex: 1; margin: 0 }
p.copyable { display: flex }
.copyable code, .copyable pre, .copyable output { min-width: 0 }
.copyable button { flex: none }
output { padding: .05rem .6rem; font-weight: 700; letter-spacing: .08em }
th { font-weight: 500; width: 13rem }
th code, td code { background: none; padding: 0 }
tr:last-child > * { border-bottom: 0 }
.clock time { font-size: 1.5rem; font-weight: 650; font-variant-numeric: tabular-nums; letter-spacing: -.01em }
dialog { width: min(46rem, 100vw); max-width: none; height: 100dvh; max-height: none; margin: 0 0 0 auto; padding: 0 1.25rem 2rem; border: 0; border-left: 1px solid var(--line); background: var(--paper); color: var(--ink); overflow-y: auto }
dialog:not(:modal)[open] { position: static; width: auto; height: auto; border: 1px solid var(--line); border-radius: 12px; margin-bottom: 1rem }
dialog::backdrop { background: #0a0f1680 }
dialog > header { position: sticky; top: 0; z-index: 1; display: flex; gap: 1rem; align-items: center; justify-content: space-between; padding: 1rem 0 .6rem; background: var(--paper) }
dialog h2 { overflow-wrap: anywhere }
dialog[open]:modal { animation: slide .18s ease-out }
@keyframes slide { from { transform: translateX(2rem); opacity: 0 } }
.violations { margin: .3rem 0 }
.violations li { margin: .25rem 0; font-size: .9rem }
.fault { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .6rem; align-items: end; margin: .5rem 0 }
span.fault { display: inline-block; margin: 0 }
.fault label { margin: 0; font-size: .82rem }
.fault button { padding: .45rem .9rem }
.note { position: fixed; inset: auto 1rem 1rem; z-index: 3; max-width: 40rem; margin: 0 auto; padding: .75rem 1rem; border-radius: 10px; background: var(--fail-ground); color: var(--fail); border: 1px solid currentColor }
dialog .note { position: static; margin: .5rem 0 }
@media (max-width: 40rem) {
  main.wide { padding: 0 .75rem 3rem }
  .bar { margin: 0 -.75rem .75rem; padding: .6rem .75rem 0 }
  .filter { grid-template-columns: 1fr 1fr }
  .filter input { grid-column: 1 / -1 }
  .filter button { grid-column: 1 / -1 }
  .requests a { grid-template-columns: auto auto minmax(0, 1fr) auto; gap: .25rem .5rem; padding: .6rem 1.1rem }
  .requests :is(.method, .badge, .when, .took) { grid-row: 1 }
  .requests .when { text-align: right; grid-column: 3 }
  .requests .took { grid-column: 4 }
  .requests .what { grid-column: 1 / -1; grid-row: 2 }
  .requests .marks { grid-column: 1 / -1; grid-row: 3; justify-content: start }
  .requests .marks .badge { grid-row: auto }
  .place { grid-template-columns: minmax(0, 1fr) }
  .requests .marks:empty { display: none }
  button.small, .button.small { min-height: 2.25rem; padding: .3rem .8rem }
  th, td { display: block; width: auto; padding: .15rem 0 }
  th { border: 0 }
  div.copyable { flex-wrap: wrap }
  div.copyable pre { flex: 1 0 100% }
}
@media (prefers-reduced-motion: reduce) { *, ::before, ::backdrop { animation: none !important } }
`;
