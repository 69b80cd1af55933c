import type { DemoSamples } from '../http/demo-samples.ts';
import { md5 } from '../secrets.ts';

/** What the samples of the documentation use: the tokens of the demo people and the secret of their application. */
export const samplesOf = ({ appid, appsecret }: { appid: number; appsecret: string }): DemoSamples => ({
  credential: ({ token }, scheme) => (scheme === 'server' ? `${appid}:${md5(appsecret)}` : String(token)),
  client: { appid, appsecret },
  fieldsOf: () => ({ appid }),
  requests: {
    uploadImage: { file: 'picture' },
    uploadRawImage: { file: 'picture' },
  },
});
