import { type Html, html, inlinePolicy, inlineScript, inlineStyle, renderPage } from '../../html.ts';
import type { Api, DemoStream } from '../../http/api.ts';

const texts = {
  zh: {
    title: '实时事件',
    lead: '以演示用户的身份打开事件流：事件一发生就会出现在这里。',
    stream: '事件流',
    connect: '连接',
    disconnect: '断开',
    waiting: '已连接，等待事件。在终端里引起一个试试：',
    ended: '连接已结束。',
    noScript: '这个页面需要 JavaScript；在终端里用 curl -N 也能看到事件流。',
    home: '首页',
  },
  en: {
    title: 'Live events',
    lead: 'Opens a stream of events as a demo user: events appear here as soon as they happen.',
    stream: 'Stream',
    connect: 'Connect',
    disconnect: 'Disconnect',
    waiting: 'Connected and waiting. Cause an event from a terminal:',
    ended: 'The connection has ended.',
    noScript: 'This page needs JavaScript; curl -N shows the stream in a terminal.',
    home: 'Home',
  },
};

/** The APIs with a stream that the sandbox can show. */
export function streamsOf(apis: readonly Api[]): { name: string; stream: DemoStream }[] {
  return apis.flatMap(({ name, demo }) => (demo?.stream === undefined ? [] : [{ name, stream: demo.stream }]));
}

/**
 * A page that shows the streams of the demo users. It reads them with `fetch`, because `EventSource` cannot send a token.
 *
 * @param origin of the APIs, without a trailing slash
 */
export function eventsPage(apis: readonly Api[], origin: string, language: 'zh' | 'en'): string {
  const text = texts[language];
  return renderPage({
    language: language === 'zh' ? 'zh-CN' : 'en',
    title: text.title,
    wide: true,
    head: inlineStyle(style),
    body: html`
<p><a href="../">${text.home}</a></p>
<h1>${text.title}</h1>
<p class="soft">${text.lead}</p>
<noscript><p class="card bad">${text.noScript}</p></noscript>
${streamsOf(apis).map(({ name, stream }) => streamCard(name, stream, origin, text))}
${inlineScript(script)}`,
  });
}

const streamCard = (
  name: string,
  { path, authorization, send }: DemoStream,
  origin: string,
  text: typeof texts.en,
): Html =>
  html`<form class="card stream" data-url="../${name}${path}">
<h2>${name}</h2>
<label for="${name}">Authorization</label>
<input id="${name}" name="authorization" value="${authorization}" required>
<div class="actions"><button data-stop="${text.disconnect}">${text.connect}</button></div>
<div class="waiting" hidden><p class="soft">${text.waiting}</p><pre>${send(`${origin}/${name}`)}</pre></div>
<p class="soft ended" hidden>${text.ended}</p>
<div class="events" aria-live="polite"></div>
</form>
`;

const style = `
.events pre { margin: .5rem 0 0 }
`;

/** An event ends with an empty line; lines that begin with a colon are heartbeats. */
const script = `
for (const form of document.querySelectorAll('.stream')) {
  const [button, list, waiting, ended] = ['button', '.events', '.waiting', '.ended'].map((one) => form.querySelector(one));
  const connect = button.textContent;
  let connection;
  const show = (text) => { list.prepend(Object.assign(document.createElement('pre'), { textContent: text })); };
  async function listen(signal) {
    const headers = { Authorization: form.elements.authorization.value };
    const response = await fetch(form.dataset.url, { headers, signal });
    if (!response.ok) return show(response.status + ' ' + (await response.text()));
    waiting.hidden = false;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = '';;) {
      const { done, value } = await reader.read();
      if (done) return;
      const events = (rest + value).split('\\n\\n');
      rest = events.pop();
      for (const event of events) if (!event.startsWith(':')) show(event);
    }
  }
  form.addEventListener('submit', async (submission) => {
    submission.preventDefault();
    if (connection) return connection.abort();
    connection = new AbortController();
    button.textContent = button.dataset.stop;
    ended.hidden = true;
    await listen(connection.signal).catch(() => {});
    connection = undefined;
    button.textContent = connect;
    waiting.hidden = true;
    ended.hidden = false;
  });
}
`;

/** The policy of the page: its own style and script, and connections to this server. */
export const eventsPolicy: string = inlinePolicy(style, script);
