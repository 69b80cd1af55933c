import type { components } from '../../../generated/tower.ts';
import type { Comment } from '../model/comments.ts';
import type { Upload } from '../model/uploads.ts';
import { toMany, toOne, toTimestamp } from './document.ts';

/** @param comments also those on other uploads */
export const toUpload = (upload: Upload, comments: readonly Comment[]): components['schemas']['Upload'] => ({
  id: upload.id,
  type: 'uploads',
  attributes: {
    name: upload.name,
    desc: upload.description,
    created_at: toTimestamp(upload.created_at),
    updated_at: toTimestamp(upload.updated_at),
  },
  relationships: {
    attachment: toOne('attachments', upload.attfile_id),
    comments: toMany(
      'comments',
      comments.filter(({ target_id }) => target_id === upload.id).map(({ id }) => id),
    ),
  },
});
