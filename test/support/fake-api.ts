// The management API as a table of answers, for commands that run in this process, with what they printed and asked.

import { type Api, ApiFailure } from '#cli/api-client.ts';
import type { Context } from '#cli/context.ts';
import { createOutput } from '#cli/output.ts';
import type { OperationId, Response } from '#contracts/management-api.ts';
import { capturedStream } from '#support/command-line.ts';

type Asked = {
  readonly id: OperationId;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
};
/** What an operation answers; may throw an ApiFailure. */
export type Answers = { readonly [Id in OperationId]?: (asked: Asked) => Response<Id> };

/** @param json whether the command was asked for JSON */
export const fakeContext = (answers: Answers, json = false) => {
  const stdout = capturedStream();
  const stderr = capturedStream();
  const asked: Asked[] = [];
  const api: Api = async (id, request) => {
    const { params = {}, query = {}, body = null } = request as Partial<Asked>;
    const call = { id, params, query, body };
    asked.push(call);
    const answer = answers[id];
    if (answer === undefined) throw new ApiFailure('NOT_PREPARED', `the test has no answer for ${id}`, 500);
    // the table is typed by the same id
    return answer(call) as Response<typeof id>;
  };
  const context: Context = {
    output: createOutput({ stdout: stdout.stream, stderr: stderr.stream }, json),
    env: {},
    connect: async () => api,
  };
  return { api, context, asked, stdout: stdout.text, stderr: stderr.text };
};
