import { PICTURES } from '../http/pictures.ts';

/**
 * Makes up values in place of those of Prism's generator, which are Latin words and numbers of nine digits. What a member
 * is called says what would be plausible.
 */

/** Where the pictures of the examples are. The mock puts its own address in place of this one. */
export const EXAMPLE_PICTURES = `http://127.0.0.1:3000${PICTURES}`;

/** Members that say what the answer is about: another value would contradict the rest of the example. */
const kept = new Set(
  (
    'code error error_code error_string jsonapi links message meta type uri ' +
    'limit next page page_offset page_size return_count size total total_count'
  ).split(' '),
);

const people = ['林晓', '陈默', '王倩', '赵磊', '周宁', '孙悦'];
const sentences = [
  '下周一上线新首页',
  '请看一下第二版设计',
  '客户已经确认了时间',
  '明早八点集合',
  '表单在旧浏览器上提交失败',
];
const topics = ['官网改版', '季度计划', '客户访谈', '周末爬山', '统一错误页'];

/** Texts by the end of a name, the first that fits. */
const texts: readonly [RegExp, (number: number) => string][] = [
  [/uuid$/, (number) => `d0000000-0000-4000-8000-${String(number).padStart(12, '0')}`],
  [/(e?mail|login)$/, (number) => `user${number}@example.com`],
  [/(phone|mobile)$/, (number) => `138${String(number).padStart(8, '0')}`],
  [/(avatar|icon|gavatar|picture|image)$/, (number) => `${EXAMPLE_PICTURES}${number}.png`],
  [/(url|uri|link|href|page)$/, (number) => `https://example.com/pages/${number}`],
  [/(file_?name|filename)$/, (number) => `报告-${number}.pdf`],
  [/(^|_)ip$/, (number) => `203.0.113.${number % 256}`],
  [/(nickname|fullname|user_?name|firstname|lastname|creator)$/, (number) => pick(people, number)],
  [/(name|title|subject|label|labels|group)$/, (number) => pick(topics, number)],
  [
    /(content|text|desc|description|body|comment|notice|message|signature|reason|answer|question)$/,
    (number) => pick(sentences, number),
  ],
];

/** Numbers by the end of a name. The others are small. */
const numbers: readonly [RegExp, (number: number) => number][] = [
  [/(size|bytes)$/, (number) => 1024 * (1 + (number % 900))],
  [/(width|height)$/, (number) => 120 * (1 + (number % 12))],
  [/(^|_)(id|uid|number|master|sender|receiver)$/, (number) => 1 + (number % 10_000)],
];

/** The vocabulary of Prism's generator. */
const latin = new Set(
  (
    'ad adipisicing adipiscing aliqua aliquip amet anim aute cillum commodo consectetur consequat culpa cupidatat deserunt ' +
    'do dolor dolore duis ea eiusmod elit enim esse est et eu ex excepteur exercitation fugiat id in incididunt ipsum irure ' +
    'labore laboris laborum lorem magna minim mollit nisi non nostrud nulla occaecat officia pariatur proident qui quis ' +
    'reprehenderit sed sint sit sunt tempor ullamco ut velit veniam voluptate'
  ).split(' '),
);

/** Whether a text or a name of a member was made up by Prism's generator. */
const isMadeUp = (text: string): boolean =>
  /^https?:/.test(text) ||
  (text !== '' && text.split(/[ _\d]+/).every((word) => word === '' || latin.has(word.toLowerCase())));

/** A date that no calendar has, or of another age. */
const isStrangeDate = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d/.test(text) &&
  !/^20\d\d-(0[1-9]|1[0-2])-([01][1-9]|[12]0)[ T]([01]\d|2[0-3]):[0-5]\d:[0-5]\d/.test(text);

/**
 * A generated body with plausible values.
 *
 * @param example of the same answer; its members are the ones that the result has, where it has the object, too
 */
export function plausible(generated: unknown, example: unknown, name = ''): unknown {
  if (Array.isArray(generated)) {
    const [first] = Array.isArray(example) ? example : [];
    return generated.map((item) => plausible(item, first, name));
  }
  if (typeof generated === 'object' && generated !== null) {
    const known = typeof example === 'object' && example !== null ? (example as Record<string, unknown>) : undefined;
    const members = Object.entries(generated).filter(([key]) => known === undefined || key in known || !isMadeUp(key));
    return Object.fromEntries(
      members.map(([key, value]) => [
        key,
        kept.has(key) && known !== undefined && key in known ? known[key] : plausible(value, known?.[key], key),
      ]),
    );
  }
  if (typeof generated === 'number')
    return (choose(numbers, name) ?? ((number) => number % 100))(Math.abs(Math.trunc(generated)));
  if (typeof generated !== 'string') return generated;
  if (isStrangeDate(generated)) return typeof example === 'string' ? example : '2026-03-02 09:30:00';
  if (!isMadeUp(generated)) return generated;
  return (choose(texts, name) ?? ((number) => `示例 ${number}`))(numberOf(generated));
}

const choose = <Make>(rules: readonly [RegExp, Make][], name: string): Make | undefined =>
  rules.find(([ending]) => ending.test(name.toLowerCase()))?.[1];

const pick = (values: readonly string[], number: number): string => values[number % values.length] as string;

/** A number from a text, so that different texts become different values. */
const numberOf = (text: string): number =>
  [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1000, 7);
