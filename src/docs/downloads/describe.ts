import type { Contract } from '../../http/contract.ts';
import type { Language } from '../page.ts';
import { streamsOf } from './streams.ts';

const titles = {
  zh: { title: '下载', events: '（事件有类型）' },
  en: { title: 'Downloads', events: ' (with typed events)' },
};

/** The files as a chapter of the reference, in Markdown. */
export function describeDownloads(contract: Contract, hasSocket: boolean, language: Language): string {
  const { title, events } = titles[language];
  const hasStreams = streamsOf(contract).length > 0;
  const links = [
    '[OpenAPI 3.1](openapi.json)',
    '[YAML](openapi.yaml)',
    '[OpenAPI 3.0](openapi-3.0.json)',
    ...(hasStreams ? [`[OpenAPI 3.2](openapi-3.2.json)${events}`] : []),
    ...(hasStreams || hasSocket ? ['[AsyncAPI](asyncapi.json)'] : []),
  ];
  return `# ${title}\n\n${links.join(' · ')}`;
}
