// SPDX-License-Identifier: Apache-2.0
//
// What was asked about the repository in this window, and what was answered.
import type { EarlierTurn, Place, RepositoryAnswer } from './protocol';

// What is kept, and what of that a question that goes on carries along.
const mostTurns = 50;
const mostEarlier = 8;
const mostUnits = 4000; // of UTF-16

/** A question and its answer. */
export interface Turn {
  readonly question: string;
  /** It goes on with the conversation of the turn before. */
  readonly continues: boolean;
  /** The document that was in front of the user. */
  readonly uri: string | undefined;
  /** What was said so far. */
  answer: string;
  places: readonly Place[];
  /** Why there is no more. */
  note: string | undefined;
  underWay: boolean;
}

export class Conversation {
  private readonly kept: Turn[] = [];

  /** The oldest first. */
  get turns(): readonly Turn[] {
    return this.kept;
  }

  begin(question: string, continues: boolean, uri: string | undefined): Turn {
    const turn: Turn = {
      question, continues: continues && this.kept.length > 0, uri,
      answer: '', places: [], note: undefined, underWay: true,
    };
    this.kept.push(turn);
    if (this.kept.length > mostTurns) this.kept.shift();
    return turn;
  }

  /** The conversation so far, which the next question may go on with; the oldest first. */
  earlier(): readonly EarlierTurn[] {
    const said: EarlierTurn[] = [];
    for (const turn of [...this.kept].reverse()) {
      if (said.length === mostEarlier) break;
      if (turn.answer !== '' && turn.note === undefined && !turn.underWay) {
        said.unshift({ question: beginOf(turn.question), answer: beginOf(turn.answer) });
      }
      if (!turn.continues) break;
    }
    return said;
  }
}

/** What was said before its places were checked gives way to the answer. */
export function finishTurn(turn: Turn, { answer, citations }: RepositoryAnswer): void {
  turn.answer = answer;
  turn.places = citations;
  turn.underWay = false;
}

export function stopTurn(turn: Turn, note: string): void {
  turn.note = note;
  turn.underWay = false;
}

function beginOf(text: string): string {
  return text.slice(0, mostUnits).replace(/[\ud800-\udbff]$/, ''); // no half of a character
}
