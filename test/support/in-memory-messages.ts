// What leaves the system, kept in memory: announcements and refused events.

import type { DomainEvent } from '#domain/domain-event.ts';
import type { EventPublisher, RejectedEvent, RejectedEvents } from '#ports/messages.ts';
import { pageOf } from './in-memory-page.ts';

export type InMemoryEvents = EventPublisher & {
  /** every delivery */
  readonly published: DomainEvent[];
  /** what a consumer that drops repeats takes in */
  distinct(): readonly DomainEvent[];
};

export const inMemoryEventPublisher = (): InMemoryEvents => {
  const published: DomainEvent[] = [];
  return {
    published,
    distinct: () => [...new Map(published.map((event) => [event.id, event])).values()],
    publish: async (events) => {
      published.push(...events);
    },
  };
};

export type InMemoryRejectedEvents = RejectedEvents & { readonly kept: Map<string, RejectedEvent> };

export const inMemoryRejectedEvents = (): InMemoryRejectedEvents => {
  const kept = new Map<string, RejectedEvent>();
  return {
    kept,
    keep: async (event) => {
      if (!kept.has(event.id)) kept.set(event.id, event);
    },
    find: async (id) => kept.get(id) ?? null,
    listDay: async (day, page) =>
      pageOf(
        [...kept.values()].filter(({ at }) => new Date(at).toISOString().startsWith(day)),
        page,
      ),
  };
};
