import { type RequestHandler, Router } from 'express';
import { PICTURES } from '../../http/pictures.ts';
import { setPreset } from '../../http/preset-headers.ts';
import { drawIdenticon } from '../../identicon.ts';

/** Draws the pictures of made-up people, below `/sandbox` of server and mock. The picture of a name never changes. */
export const servePictures = (): RequestHandler =>
  Router().get(`${PICTURES.replace('/sandbox', '')}:name`, ({ params }, response) => {
    setPreset(response);
    response.set({
      'Cache-Control': 'public, max-age=31536000, immutable',
      'Cross-Origin-Resource-Policy': 'cross-origin',
    });
    response.type('png').send(drawIdenticon(params.name.replace(/\.png$/, '')));
  });
