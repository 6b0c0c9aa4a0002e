// SPDX-License-Identifier: Apache-2.0

/** Cuts a stream of server-sent events into the data of each. */
export class EventCutter {
  private rest = '';

  /** The data of the events that end in what has come. */
  push(text: string): string[] {
    const events = (this.rest + text).split('\n\n');
    this.rest = events.pop() ?? '';
    return events.map(dataOf).filter((data) => data !== '');
  }
}

function dataOf(event: string): string {
  return event.split('\n').filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).trimStart()).join('\n');
}
