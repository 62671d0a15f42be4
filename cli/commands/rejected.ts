// vestibule rejected list | show

import type { Context } from '../context.ts';
import { fields, shownTime, table } from '../output.ts';
import { collect, type ListOptions, listText } from '../pages.ts';

export const listRejected = async ({ output, connect }: Context, options: ListOptions & { day?: string }) => {
  const api = await connect();
  const day = options.day;
  const list = await collect(output, options, async (query) => {
    const { events, cursor } = await api('listRejectedEvents', {
      query: { ...query, ...(day === undefined ? {} : { day }) },
    });
    return { items: events, cursor };
  });
  output.result({ events: list.items, cursor: list.cursor }, () =>
    listText(
      table(
        ['TIME', 'CODE', 'REASON', 'SOURCE', 'ID'],
        list.items.map((event) => [shownTime(event.at), event.code, event.reason, event.source, event.id]),
      ),
      list,
      `no event was refused ${day === undefined ? 'today (UTC)' : `on ${day}`}`,
    ),
  );
};

export const showRejected = async ({ output, connect }: Context, event: string) => {
  const api = await connect();
  const found = await api('showRejectedEvent', { params: { event } });
  output.result(found, () =>
    fields([
      ['id', found.id],
      ['time', shownTime(found.at)],
      ['source', found.source],
      ['code', found.code],
      ['reason', found.reason],
      ['body', found.body],
    ]),
  );
};
