import { html } from '../../html.ts';
import type { DemoPage } from '../../http/api.ts';
import type { CustomerPageData, Key } from './page-data.ts';
import { conversationStyle } from './style.ts';

const texts = {
  zh: {
    lead: '这是一家书店的网页，右下角是顾客的聊天窗口。',
    desk: '在另一个窗口打开客服的工作台',
    product: '契约的艺术',
    about: '先写下约定，再写程序。平装，312 页，当天发货。',
    title: '联系客服',
    message: '消息',
    send: '发送',
    file: '图片或文件',
    noScript: '这个页面需要 JavaScript。',
    page: {
      open: '联系客服',
      close: '关闭',
      unread: '条未读',
      empty: '您好，有什么可以帮您？',
      picture: '[图片]',
      file: '[文件]',
      failed: '没有发出',
    },
  },
  en: {
    lead: "This is the page of a bookshop. The customer's chat is at the lower right.",
    desk: "Open the agent's desk in another window",
    product: 'The art of the contract',
    about: 'Write down what is agreed, then write the program. Paperback, 312 pages, sent the same day.',
    title: 'Ask us',
    message: 'Message',
    send: 'Send',
    file: 'Picture or file',
    noScript: 'This page needs JavaScript.',
    page: {
      open: 'Ask us',
      close: 'Close',
      unread: 'unread',
      empty: 'Hello, how can we help you?',
      picture: '[Picture]',
      file: '[File]',
      failed: 'Not sent',
    },
  },
};

/** The page of a shop with the chat of a customer. */
export const customerPage = (key: Key): DemoPage => ({
  path: 'customer.html',
  title: { zh: '顾客：网页上的客服窗口', en: 'Customer: the chat on a shop’s page' },
  style,
  script: async () => (await import('./customer.browser.ts?script')).script,
  body(language) {
    const { page, ...text } = texts[language];
    const data: CustomerPageData = { key, texts: page };
    return html`
<p class="soft">${text.lead} <a href="desk.html" target="_blank">${text.desk}</a></p>
<noscript><p class="card bad">${text.noScript}</p></noscript>
<div class="shop" data-page="${JSON.stringify(data)}">
<article class="card"><h2>${text.product}</h2><p>${text.about}</p></article>
<button type="button" class="bubble" aria-expanded="false"></button>
<section class="card widget" aria-label="${text.title}" hidden>
<p class="bar"><strong>${text.title}</strong> <button type="button" class="quiet close">${page.close}</button></p>
<ol class="messages" aria-live="polite" tabindex="0" aria-label="${text.message}"></ol>
<form class="send"><label>${text.message} <input name="text" autocomplete="off" maxlength="1000"></label> <button>${text.send}</button>
<label>${text.file} <input name="file" type="file"></label></form>
</section>
</div>`;
  },
});

const style = `${conversationStyle}
.shop { padding-bottom: 5rem }
.bubble { position: fixed; right: 1rem; bottom: 1rem; border-radius: 999px; padding: .75rem 1.25rem; z-index: 1 }
.widget { position: fixed; right: 1rem; bottom: 5rem; width: min(24rem, calc(100vw - 2rem)); margin: 0; padding: 1rem; box-sizing: border-box; max-height: calc(100vh - 6rem); overflow-y: auto; box-shadow: 0 4px 24px #0004 }
.bar { display: flex; align-items: center; margin: 0 }
.close { margin-left: auto; padding: .25rem .75rem; font-size: .9rem }
`;
