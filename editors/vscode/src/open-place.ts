// SPDX-License-Identifier: Apache-2.0
import {
  commands, NotebookRange, Range, Uri, ViewColumn, window, workspace,
} from 'vscode';
import { placeLink, type Place } from './protocol';

/** Opens a place beside the panel: a line, a cell of a notebook, a page. */
export async function openPlace(place: Place): Promise<void> {
  const viewColumn = ViewColumn.One;
  if (place.cell !== undefined) {
    const notebook = await workspace.openNotebookDocument(Uri.parse(place.uri));
    const cell = new NotebookRange(place.cell - 1, place.cell);
    await window.showNotebookDocument(notebook, { viewColumn, selections: [cell] });
    return;
  }
  const { line } = place;
  const options = place.page === undefined
    ? { viewColumn, selection: new Range(line, 0, line, 0) } : { viewColumn };
  await commands.executeCommand('vscode.open', Uri.parse(placeLink(place)), options);
}
