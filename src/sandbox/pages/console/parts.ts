import { type Html, html } from '../../../html.ts';
import type { ConsoleTexts } from './texts.ts';

/** Parts of which the console is made. What only works with JavaScript is hidden until the script runs. */

/**
 * A card of which the script replaces actions and body when they have changed.
 *
 * @param form stands above the body and stays, because it may have the focus
 */
export const part = (
  id: keyof ConsoleTexts['sections'],
  text: ConsoleTexts,
  actions: Html | false,
  body: Html,
  form?: Html,
): Html =>
  html`<section class="card part" id="${id}" aria-labelledby="${id}-title">
<header><h2 id="${id}-title">${text.sections[id]}</h2><div class="row" data-part="${id}-actions">${actions}</div></header>
${form}<div data-part="${id}-body">${body}</div>
</section>
`;

export const copyable = (value: string, text: ConsoleTexts): Html =>
  html`<span class="copyable"><code>${value}</code>${copyButton(value, text)}</span>`;

export const copyButton = (value: string, { copy, copied }: ConsoleTexts): Html =>
  html`<button type="button" class="small quiet" data-copy="${value}" data-done="${copied}" hidden>${copy}</button>`;

/** A call of the control API. Its path is below `/sandbox`, or below the world when it begins with `w/`. */
export interface ControlCall {
  method: 'DELETE' | 'PATCH' | 'POST';
  path: string;
  body?: object;
  /** Destroys something: needs a second press. */
  confirms?: boolean;
}

/** A button that sends a call of the control API. */
export const callButton = (label: string, { method, path, body, confirms }: ControlCall, text: ConsoleTexts): Html =>
  html`<button type="button" class="small ${confirms ? 'danger' : 'quiet'}" data-method="${method}" data-path="${path}" data-body="${body && JSON.stringify(body)}" data-sure="${confirms && text.sure}" hidden>${label}</button>`;

/** `08:00:00`, with its date where that matters. The script writes it in the reader's own time zone. */
export const timeOf = (iso: string, withDate = false): Html =>
  html`<time datetime="${iso}" data-style="${withDate ? 'date' : 'time'}">${withDate ? iso.slice(5, 16).replace('T', ' ') : iso.slice(11, 19)}</time>`;

export const badge = (label: string, kind = ''): Html => html`<span class="badge ${kind}">${label}</span>`;

export const nothing = (label: string | Html): Html => html`<p class="soft">${label}</p>`;

/** The class of a status: `s2` to `s5`, or `s0` for a connection that was cut. */
export const statusBadge = (status: number | null, { cut }: ConsoleTexts): Html =>
  badge(status === null ? cut : String(status), `s${status === null ? 0 : String(status).charAt(0)}`);
