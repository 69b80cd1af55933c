import type { components } from '../../../generated/tower.ts';
import type { TodoFieldValues } from '../model/custom-fields.ts';

/** All custom field values of a todo (T-61). */
export const toCustomFieldValue = ({ id, fields }: TodoFieldValues): components['schemas']['CustomFieldValue'] => ({
  id: String(id),
  type: 'todos_custom_field_values',
  attributes: {
    custom_fields: Object.fromEntries(
      fields.map(({ field, value }) => [field.key, { name: field.name, value, field_type: field.field_type }]),
    ),
  },
});
