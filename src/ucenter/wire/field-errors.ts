import type { ErrorDetail } from '../../errors.ts';
import type { FieldError } from './envelope.ts';

/** Labels of fields, in the order in which fields are checked (U-4). Other fields go by their own name. */
const labels = new Map(
  Object.entries({
    username: '用户名',
    email: '邮箱',
    phone: '手机',
    password: '密码',
    code: '验证码',
    old_password: '原密码',
    subject: 'subject',
    type: 'type',
    name: 'name',
    title: '标题',
    content: '内容',
    data: 'data',
    file: '文件/图片',
    position: 'position',
    address: '地址',
    department: 'department',
    school: 'school',
    sex: '性别',
  }),
);

const order = [...labels.keys()];
const rank = (field: string) => (labels.has(field) ? order.indexOf(field) : order.length);

export const labelOf = (field: string): string => labels.get(field) ?? field;

/** One sentence for each field that violates the contract, in the original's words (U-4). */
export function toFieldErrors(details: readonly ErrorDetail[], body: unknown): FieldError[] {
  const errors = new Map<string, FieldError>();
  // A wrong variant of a union fails at its tag, but the field at fault may be one of the right variant.
  const specific = details.filter(({ keyword }) => keyword !== 'const' && keyword !== 'anyOf');
  for (const detail of specific.length > 0 ? specific : details) {
    const [, place, field] = detail.path.split('/');
    if (!field || errors.has(field)) continue;
    const value = place === 'body' ? (body as Record<string, unknown> | undefined)?.[field] : undefined;
    errors.set(field, { field, message: toSentence(field, detail, value) });
  }
  return [...errors.values()].sort((one, other) => rank(one.field) - rank(other.field));
}

function toSentence(field: string, { keyword, message }: ErrorDetail, value: unknown): string {
  const label = labelOf(field);
  const [limit] = /\d+/.exec(message) ?? [];
  if (field === 'file') return `${label} ${Array.isArray(value) ? '一次只能有一个。' : '不能为空。'}`;
  if (keyword === 'required' || value === '' || value === null || message === 'must not be empty')
    return `${label} 不能为空。`;
  const length = field === 'phone' ? 11 : field === 'code' ? 6 : undefined;
  if (keyword === 'pattern' && length !== undefined && String(value).length !== length)
    return `${label} 必须是 ${length} 个字符。`;
  switch (keyword) {
    case 'minLength':
      return `${label} 至少为 ${limit} 个字符。`;
    case 'maxLength':
      return `${label} 不能大于 ${limit} 个字符。`;
    case 'enum':
      return `已选的属性 ${label} 非法。`;
    case 'minimum':
      return `${label} 必须大于或等于 ${limit}。`;
    case 'maximum':
      return `${label} 必须小于或等于 ${limit}。`;
    case 'type':
      return `${label} 必须是${/integer|number/.test(message) ? '整数' : '字符串'}。`;
    case 'format':
      return field === 'email' ? `${label} 不是一个合法的邮箱。` : `${label} 格式不正确。`;
    default:
      return `${label} 格式不正确。`;
  }
}
