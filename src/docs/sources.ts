import type { Language } from './page.ts';

/** An entry of `x-source`: a section of an original document, or an extension that is in no document. */
export type Source = { document: string; section: string; kind: 'quoted' | 'inferred' } | { kind: 'extension' };

/** The original documents by their short names in `x-source`; openapi/README.md describes them. */
const documents: Record<string, Record<Language, string>> = {
  'tower-guide': { zh: 'Tower 指南', en: 'Tower guide' },
  'tower-quickstart': { zh: 'Tower 快速开始', en: 'Tower quick start' },
  'tower-reference': { zh: 'Tower 完整文档', en: 'Tower complete documentation' },
  ucenter: { zh: 'UCenter 接口文档', en: 'UCenter document' },
  ppmessage: { zh: 'PPMessage 接口文档', en: 'PPMessage document' },
  gobelieve: { zh: 'GoBelieve 接口文档', en: 'GoBelieve document' },
};

const words = {
  zh: {
    quoted: '原文写明',
    inferred: '由原文推出',
    extension: '扩展（原文档没有写，流程或标准需要它）',
    section: (title: string) => `「${title}」`,
    document: (name: string, sections: string, kind: string) => `${name}${sections}（${kind}）`,
    sentence: (parts: string[]) => `依据：${parts.join('；')}。`,
  },
  en: {
    quoted: 'quoted',
    inferred: 'inferred',
    extension: 'an extension (not in the original document; the flow or a standard requires it)',
    section: (title: string) => ` “${title}”`,
    document: (name: string, sections: string, kind: string) => `${name},${sections} (${kind})`,
    sentence: (parts: string[]) => `Source: ${parts.join('; ')}.`,
  },
};

/** One sentence that names the sources of an operation: documents, their sections, and whether they are quoted. */
export function describeSources(sources: readonly Source[], language: Language): string {
  const text = words[language];
  const parts = sources.map((source, index) => {
    if (source.kind === 'extension') return text.extension;
    const isSame = (other: Source) =>
      other.kind === source.kind && 'document' in other && other.document === source.document;
    // The entry for the first section of a document lists all of its sections.
    if (sources.findIndex(isSame) < index) return '';
    const sections = sources.flatMap((other) =>
      isSame(other) && 'section' in other ? text.section(other.section) : [],
    );
    return text.document(
      documents[source.document]?.[language] ?? source.document,
      sections.join(''),
      text[source.kind],
    );
  });
  return text.sentence(parts.filter(Boolean));
}
