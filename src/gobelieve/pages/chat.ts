import { html } from '../../html.ts';
import type { DemoPage } from '../../http/api.ts';
import type { ChatPageData, ChatPerson } from './chat-data.ts';

const texts = {
  zh: {
    lead: '左右两边各是一台设备，都用类型化客户端的长连接收发消息。换一个人、断开再连，或者在终端里发一条消息，看两边的变化。',
    device: ['左边的设备', '右边的设备'],
    person: '身份',
    chat: '会话',
    message: '消息',
    send: '发送',
    connect: '连接',
    disconnect: '断开',
    noScript: '这个页面需要 JavaScript。',
    states: { connecting: '正在连接', open: '在线', waiting: '等待重连', closed: '已断开' },
    failed: '没有发出：',
    empty: '还没有消息。',
    sending: '发送中',
    notices: {
      create: '群已建立',
      disband: '群已解散',
      upgrade: '群已升级为超级群',
      update_name: '群名已修改',
      update_notice: '群公告已修改',
      add_member: '有人加入群',
      quit_group: '有人离开群',
      update_member_nickname: '有人修改了群里的名字',
    },
  },
  en: {
    lead: 'Each side is a device that sends and receives over the socket of the typed client. Become somebody else, disconnect and connect again, or send a message from a terminal, and watch both sides.',
    device: ['Device on the left', 'Device on the right'],
    person: 'Person',
    chat: 'Conversation',
    message: 'Message',
    send: 'Send',
    connect: 'Connect',
    disconnect: 'Disconnect',
    noScript: 'This page needs JavaScript.',
    states: { connecting: 'connecting', open: 'online', waiting: 'waiting', closed: 'disconnected' },
    failed: 'Not sent: ',
    empty: 'No messages yet.',
    sending: 'sending',
    notices: {
      create: 'The group was created',
      disband: 'The group was disbanded',
      upgrade: 'The group is a super group now',
      update_name: 'The group has a new name',
      update_notice: 'The group has a new notice',
      add_member: 'Somebody joined the group',
      quit_group: 'Somebody left the group',
      update_member_nickname: 'Somebody has a new name in the group',
    },
  },
};

/** Two devices that chat with each other over the socket. */
export function chatPage(appid: number, people: readonly ChatPerson[]): DemoPage {
  return {
    path: 'chat.html',
    title: { zh: '聊天：两台设备，一个长连接协议', en: 'Chat: two devices on the socket' },
    style,
    script: async () => (await import('./chat.browser.ts?script')).script,
    body(language) {
      const text = texts[language];
      const data: ChatPageData = {
        appid,
        people: people.map(({ uid, name, token, chats }) => ({
          uid,
          name: name[language],
          token,
          chats: chats.map((chat) => ({ ...chat, name: chat.name[language] })),
        })),
        texts: text,
      };
      return html`
<p class="soft">${text.lead}</p>
<noscript><p class="card bad">${text.noScript}</p></noscript>
<div class="devices" data-page="${JSON.stringify(data)}">
${text.device.map(
  (label, side) => html`<section class="card device" aria-label="${label}">
<div class="fields">
<label>${text.person} <select name="person">${people.map(
    ({ uid, name }, index) =>
      html`<option value="${uid}"${index === side && html` selected`}>${name[language]}</option>`,
  )}</select></label>
<label>${text.chat} <select name="chat"></select></label>
</div>
<p class="soft state"><span class="dot"></span> <span role="status"></span> <button type="button" class="quiet switch"></button></p>
<ol class="messages" aria-live="polite" tabindex="0" aria-label="${text.message}"></ol>
<form><label>${text.message} <input name="text" autocomplete="off" required maxlength="1000"></label> <button>${text.send}</button></form>
</section>`,
)}
</div>`;
    },
  };
}

const style = `
.devices { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1rem }
.device { display: flex; flex-direction: column; margin: 0; padding: 1rem }
.fields { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem }
.device label { margin: 0 }
select { width: 100%; padding: .65rem .75rem; border: 1px solid var(--line); border-radius: 8px; background: var(--ground); color: inherit; font: inherit }
select:focus-visible, .messages:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
.state { display: flex; align-items: center; gap: .5rem }
.switch { margin-left: auto; padding: .25rem .75rem; font-size: .9rem }
.dot { width: .7rem; height: .7rem; border-radius: 50%; border: 2px solid var(--soft) }
.dot.open { background: #1a7f37; border-color: #1a7f37 }
.messages { list-style: none; margin: .5rem 0; padding: .5rem; height: 20rem; overflow-y: auto; display: flex; flex-direction: column; gap: .4rem; background: var(--ground); border-radius: 8px }
.messages li { max-width: 85%; align-self: flex-start; padding: .4rem .7rem; border-radius: 10px; background: var(--code); overflow-wrap: anywhere }
.messages li.own { align-self: flex-end; border: 1px solid var(--accent) }
.messages li.notice { align-self: center; background: transparent; color: var(--soft); font-size: .9rem }
.messages small { display: block; color: var(--soft) }
.device form { display: flex; gap: .5rem; align-items: end }
.device form label { flex: 1 }
`;
