import type { Attributes } from 'sanitize-html';
import { Html } from '../html.ts';
import { fragmentOf } from './documents.ts';

/**
 * Markdown as HTML for a page of the site. Headings can be linked to, the numbers of readings lead to their sections,
 * and what could run or load anything is left out. Links to files that the site does not have become text.
 */
export async function renderMarkdown(markdown: string): Promise<Html> {
  const [{ Marked }, { default: sanitize }] = await Promise.all([import('marked'), import('sanitize-html')]);
  const marked = new Marked({
    // A reading begins on a line of its own.
    breaks: true,
    renderer: {
      heading({ tokens, depth, text }) {
        return `<h${depth} id="${fragmentOf(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
    },
  });
  const allowed = sanitize.defaults;
  const text = sanitize(await marked.parse(markdown), {
    allowedTags: [...allowed.allowedTags, 'h1', 'img'],
    allowedAttributes: { ...allowed.allowedAttributes, '*': ['id', 'class', 'align'] },
    allowedSchemes: ['http', 'https', 'mailto'],
    transformTags: { a: toLink },
  });
  return new Html(linkReadings(text).replaceAll(/<table>.*?<\/table>/gs, `<div class="scroll" tabindex="0">$&</div>`));
}

/** The readings in the other language have a page. Other files of the repository have none. */
function toLink(tagName: string, attribs: Attributes): { tagName: string; attribs: Attributes } {
  const { href = '' } = attribs;
  if (href === 'READINGS.md') return { tagName, attribs: { href: '../../readings/index.html' } };
  if (href === 'READINGS.en.md') return { tagName, attribs: { href: '../en/readings/index.html' } };
  return /^[^:#]*\.md(#|$)/.test(href) ? { tagName: 'span', attribs: {} } : { tagName, attribs };
}

/** `<code>T-12</code>` → a link to the section with this number, if there is one. */
const linkReadings = (text: string) =>
  text.replace(/<code>([A-Z]-\d+)<\/code>/g, (code, number: string) => {
    const id = number.toLowerCase();
    return text.includes(` id="${id}"`) ? `<a href="#${id}">${code}</a>` : code;
  });
