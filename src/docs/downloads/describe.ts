import type { Contract } from '../../http/contract.ts';
import type { Language } from '../page.ts';
import { streamsOf } from './streams.ts';

const titles = {
  zh: { title: '下载', events: '（事件有类型）', environment: '（[环境](postman_environment.json)）' },
  en: { title: 'Downloads', events: ' (with typed events)', environment: ' ([environment](postman_environment.json))' },
};

/** The files as a chapter of the reference, in Markdown. */
export function describeDownloads(contract: Contract, hasSocket: boolean, language: Language): string {
  const { title, events, environment } = titles[language];
  const hasStreams = streamsOf(contract).length > 0;
  const links = [
    '[OpenAPI 3.1](openapi.json)',
    '[YAML](openapi.yaml)',
    '[OpenAPI 3.0](openapi-3.0.json)',
    ...(hasStreams ? [`[OpenAPI 3.2](openapi-3.2.json)${events}`] : []),
    ...(hasStreams || hasSocket ? ['[AsyncAPI](asyncapi.json)'] : []),
    `[Postman](postman_collection.json)${environment}`,
  ];
  return `# ${title}\n\n${links.join(' · ')}`;
}
