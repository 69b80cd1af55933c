import { part } from './form.ts';
import { data } from './page-data.ts';

/** What the page shows of an answer, in the browser. */

const { texts } = data;
const answer = part<HTMLPreElement>('answer');

export function showVerdict(verdict: { valid: boolean; message?: string } | null | undefined): void {
  const shown = part('verdict');
  if (verdict === null || verdict === undefined) {
    shown.textContent = texts.unknown;
    return;
  }
  shown.dataset.verdict = verdict.valid ? 'ok' : 'broken';
  shown.textContent = verdict.valid ? texts.ok : `${texts.broken}: ${verdict.message ?? ''}`;
}

export function showAnswer({ status, time, body = '' }: { status: string; time: string; body?: string }): void {
  part('status').textContent = status;
  part('time').textContent = time;
  answer.textContent = body;
  const verdict = part('verdict');
  delete verdict.dataset.verdict;
  verdict.textContent = '–';
  part('notice').hidden = true;
  part('stop').hidden = true;
}

/** Shows the body: a stream as it arrives, JSON with line breaks, pictures, and how long other files are. */
export async function readAnswer(response: Response, isCurrent: () => boolean): Promise<void> {
  const type = response.headers.get('Content-Type')?.split(';', 1)[0] ?? '';
  if (type === 'text/event-stream' && response.body !== null) {
    part('stop').hidden = false;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let read = await reader.read(); !read.done && isCurrent(); read = await reader.read())
      answer.append(read.value);
    return;
  }
  if (type.startsWith('image/')) {
    const picture = new Image();
    picture.src = URL.createObjectURL(await response.blob());
    picture.alt = type;
    return answer.replaceChildren(picture);
  }
  if (type !== '' && !/json|text|xml|yaml/.test(type)) {
    const { size } = await response.blob();
    answer.textContent = `${type}, ${size} ${texts.bytes}`;
    return;
  }
  const text = await response.text();
  if (isCurrent()) answer.textContent = text === '' ? texts.empty : pretty(text);
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

export function showNotice(...content: (Node | string)[]): void {
  const notice = part('notice');
  notice.replaceChildren(...content);
  notice.hidden = false;
}
