import { html, inlineScript, inlineStyle, renderPage } from '../../html.ts';
import type { DemoPage } from '../../http/api.ts';

const home = { zh: '首页', en: 'Home' };

/** A page of the sandbox that shows an API in use, as HTML. */
export function demoPage({ title, style, body }: DemoPage, script: string, language: 'zh' | 'en'): string {
  return renderPage({
    language: language === 'zh' ? 'zh-CN' : 'en',
    title: title[language],
    wide: true,
    head: inlineStyle(style),
    body: html`
<p><a href="../../">${home[language]}</a></p>
<h1>${title[language]}</h1>
${body(language)}
${inlineScript(script)}`,
  });
}
