// What the door of an emulated service answers by itself, whatever service is behind it.

import { expect, it, onTestFinished } from 'vitest';
import { type DoorResponse, startHttpDoor } from '#local/cloud/http-door.ts';

const OK: DoorResponse = { status: 200, headers: {}, body: '' };

const start = async (answer: DoorResponse = OK) => {
  const bodies: string[] = [];
  const door = await startHttpDoor(async ({ body }) => {
    bodies.push(body);
    return answer;
  });
  onTestFinished(door.stop);
  return { url: door.url, bodies };
};

it.each([
  [1_048_576, 200],
  [1_048_577, 413],
])('a body of %d bytes is answered with %d', async (size, status) => {
  const { url, bodies } = await start();

  expect((await fetch(url, { method: 'POST', body: 'x'.repeat(size) })).status).toBe(status);
  expect(bodies.map((body) => body.length)).toEqual(status === 200 ? [size] : []);
});

it.each<[string, Partial<DoorResponse>]>([
  ['a header', { headers: { 'x-name': 'a\nb' } }],
  ['a status', { status: 20 }],
])('an answer with %s that HTTP cannot carry becomes a 500', async (_, wrong) => {
  const { url } = await start({ ...OK, ...wrong });

  expect((await fetch(url)).status).toBe(500);
});

it('a page in a browser is not let in', async () => {
  const { url, bodies } = await start();

  const answer = await fetch(url, { method: 'POST', body: '{}', headers: { origin: 'https://evil.example' } });

  expect(answer.status).toBe(403);
  expect(bodies).toEqual([]);
});
