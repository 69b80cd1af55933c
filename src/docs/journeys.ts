import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Html, html } from '../html.ts';
import { contentRoot } from './content.ts';
import type { Language } from './page.ts';

/** A way through several operations, as `npm run generate` writes it from `openapi/journeys`. */
export interface Journey {
  /** `workflowId` of the Arazzo document. */
  id: string;
  summary: string;
  steps: JourneyStep[];
}

export interface JourneyStep {
  id: string;
  description?: string;
  api: string;
  operation: string;
  method: string;
  path: string;
  /** Names of query parameters and members of the body. */
  sends: string[];
  /** The status of the answer. */
  status: number;
  /** Names of what later steps take from the answer. */
  returns: string[];
}

/** Every journey by its id. */
export async function readJourneys(language: Language, root = contentRoot()): Promise<Map<string, Journey>> {
  const file = language === 'zh' ? 'journeys.json' : `journeys.${language}.json`;
  const journeys = JSON.parse(await readFile(join(root, 'generated', file), 'utf8')) as Journey[];
  return new Map(journeys.map((journey) => [journey.id, journey]));
}

const callers = { zh: '调用者', en: 'Caller' };
const titles: Record<string, string> = {
  tower: 'Tower',
  ucenter: 'UCenter',
  ppmessage: 'PPMessage',
  gobelieve: 'GoBelieve',
  sandbox: 'Sandbox',
};

const WIDTH = 800;
const LINE = 17;
/** Characters of the smaller font between the lifelines of a diagram with one API. */
const CHARACTERS = 78;

/** The journey as a sequence diagram: every request with the names of what it sends, and every answer. */
export function journeyFigure(journey: Journey, language: Language): Html {
  const apis = [...new Set(journey.steps.map(({ api }) => api))];
  const lifelines = [callers[language], ...apis.map((api) => titles[api] ?? api)];
  const x = (index: number) => 70 + (index * (WIDTH - 140)) / (lifelines.length - 1);
  let y = 60;
  const steps = journey.steps.map((step) => {
    const { markup, height } = drawStep(step, x(0), x(1 + apis.indexOf(step.api)), y);
    y += height;
    return markup;
  });
  const heads = lifelines.map(
    (name, index) => html`<line class="life" x1="${x(index)}" y1="38" x2="${x(index)}" y2="${y}"/>
<rect class="head" x="${x(index) - 60}" y="8" width="120" height="30" rx="8"/>
<text class="name" x="${x(index)}" y="28" text-anchor="middle">${name}</text>`,
  );
  return html`<figure class="journey" data-journey="${journey.id}"><div class="scroll" tabindex="0">
<svg viewBox="0 0 ${WIDTH} ${y + 10}" role="img" aria-label="${journey.summary}">
<defs><marker id="arrow-${journey.id}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>
${heads}${steps.map((step) => step(journey.id))}
</svg></div>
<figcaption>${journey.summary}</figcaption></figure>`;
}

/** The texts of a step, its request and its answer below each other. */
function drawStep(
  { description, method, path, sends, status, returns }: JourneyStep,
  from: number,
  to: number,
  top: number,
): { markup: (journey: string) => Html; height: number } {
  let y = top;
  const parts: ((journey: string) => Html)[] = [];
  const write = (kind: string, text: string, anchor: 'start' | 'end' = 'start') => {
    y += LINE;
    const [at, line] = [y, anchor === 'start' ? from + 10 : to - 10];
    parts.push(() => html`<text class="${kind}" x="${line}" y="${at}" text-anchor="${anchor}">${text}</text>`);
  };
  const arrow = (kind: string, start: number, end: number) => {
    y += 7;
    const at = y;
    parts.push(
      (journey) =>
        html`<line class="${kind}" x1="${start}" y1="${at}" x2="${end}" y2="${at}" marker-end="url(#arrow-${journey})"/>`,
    );
  };
  if (description !== undefined) write('note', description);
  write('call', `${method} ${path}`);
  for (const line of wrap(sends)) write('fields', line);
  arrow('request', from, to);
  write('fields', [status, ...returns].join(' · '), 'end');
  arrow('answer', to, from);
  y += LINE;
  return { markup: (journey) => new Html(parts.map((part) => part(journey).text).join('')), height: y - top };
}

/** Names in lines that fit between two lifelines. */
function wrap(names: readonly string[]): string[] {
  const lines: string[] = [];
  for (const name of names) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + name.length + 2 <= CHARACTERS) lines[lines.length - 1] = `${last}, ${name}`;
    else lines.push(name);
  }
  return lines;
}

export const journeyStyle = `
.journey { margin: 1.5rem 0 }
.journey svg { display: block; min-width: 44rem; width: 100%; background: var(--paper); border: 1px solid var(--line); border-radius: 12px }
.journey text { font: 13px system-ui, "PingFang SC", "Noto Sans CJK SC", sans-serif; fill: var(--ink) }
.journey .name { font-weight: 600 }
.journey .call { font-family: ui-monospace, Menlo, Consolas, monospace; font-weight: 600 }
.journey .fields { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 12px; fill: var(--soft) }
.journey .note { fill: var(--soft) }
.journey .head { fill: var(--ground); stroke: var(--line) }
.journey .life { stroke: var(--line); stroke-dasharray: 4 4 }
.journey .request { stroke: var(--accent); stroke-width: 1.5 }
.journey .answer { stroke: var(--soft); stroke-dasharray: 5 3 }
.journey .tip { fill: var(--accent) }
.journey figcaption { color: var(--soft); font-size: .9rem; text-align: center; margin-top: .4rem }
`;

/** Puts diagrams into a rendered guide in the places of its blocks of code in the language `journey`, which hold an id. */
export function withJourneys(guide: Html, journeys: ReadonlyMap<string, Journey>, language: Language): Html {
  const text = guide.text.replace(
    /<pre><code class="language-journey">\s*([\w-]+)\s*<\/code><\/pre>/g,
    (_, id: string) => {
      const journey = journeys.get(id);
      if (journey === undefined)
        throw new Error(`A guide shows the journey ${id}, which openapi/journeys does not have`);
      return journeyFigure(journey, language).text;
    },
  );
  return new Html(text);
}
