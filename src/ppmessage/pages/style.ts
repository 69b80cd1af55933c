/** What the pages of the customer and of the agent have in common. */
export const conversationStyle = `
select { width: 100%; padding: .65rem .75rem; border: 1px solid var(--line); border-radius: 8px; background: var(--ground); color: inherit; font: inherit }
select:focus-visible, .messages:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
.messages { list-style: none; margin: .5rem 0; padding: .5rem; height: 18rem; overflow-y: auto; display: flex; flex-direction: column; gap: .4rem; background: var(--ground); border-radius: 8px }
.messages li { max-width: 85%; align-self: flex-start; padding: .4rem .7rem; border-radius: 10px; background: var(--code); overflow-wrap: anywhere }
.messages li.own { align-self: flex-end; border: 1px solid var(--accent) }
.messages li.notice { align-self: center; background: transparent; color: var(--soft); font-size: .9rem }
.messages small { display: block; color: var(--soft) }
.messages img { display: block; max-width: 100%; max-height: 10rem; border-radius: 6px }
.send { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end }
.send[hidden] { display: none }
.send label { flex: 1 1 10rem; margin: 0 }
`;
