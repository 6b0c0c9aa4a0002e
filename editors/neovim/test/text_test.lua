-- SPDX-License-Identifier: Apache-2.0
local T = require('harness')
local columns = require('krait.columns')
local pieces = require('krait.pieces')

local case = T.suite('text')

case('columns are counted in the units of the encoding', function()
  local line = 'aé😀b' -- 1, 2, 4, 1 bytes
  for _, expected in ipairs({ { 'utf-8', 8 }, { 'utf-16', 5 }, { 'utf-32', 4 } }) do
    T.equal(columns.length(line, expected[1]), expected[2], expected[1])
  end
  for encoding, units in pairs({ ['utf-8'] = 7, ['utf-16'] = 4, ['utf-32'] = 3 }) do
    T.equal(columns.to_bytes(line, units, encoding), 7, encoding)
    T.equal(columns.from_bytes(line, 7, encoding), units, encoding)
    T.equal(columns.to_bytes(line, 99, encoding), 8, 'beyond the end')
    T.equal(columns.to_bytes(line, 0, encoding), 0)
  end
end)

case('every column comes back from its conversion', function()
  local line = 'x = "żółć 漢字 😀" # ok'
  for _, encoding in ipairs({ 'utf-8', 'utf-16', 'utf-32' }) do
    for col = 0, #line do
      local byte = line:byte(col + 1) or 0
      if byte < 0x80 or byte >= 0xC0 then
        local units = columns.from_bytes(line, col, encoding)
        T.equal(columns.to_bytes(line, units, encoding), col, encoding)
      end
    end
  end
end)

case('words', function()
  local expected = {
    { 'return a', 'return' },
    { ' a + b', ' a' },
    { ' + b', ' +' },
    { '(x, y)', '(' },
    { 'foo(bar)', 'foo' },
    { '\n    # done', '\n    #' },
    { '   ', '   ' },
    { 'größe = 1', 'größe' },
    { '漢字 x', '漢字' },
    { '):', '):' },
  }
  for _, pair in ipairs(expected) do
    T.equal(pieces.first(pair[1], 'word'), pair[2], pair[1])
  end
end)

case('lines', function()
  T.equal(pieces.first('a + b\n  c', 'line'), 'a + b')
  T.equal(pieces.first('\n  c\n  d', 'line'), '\n  c')
  T.equal(pieces.first('a', 'line'), 'a')
  T.equal(pieces.first('a\nb', 'all'), 'a\nb')
end)

case('pieces add up to the text', function()
  for _, extent in ipairs({ 'word', 'line' }) do
    local text, seen = 'for x in range(10):\n    print(x)\n\n\tend', ''
    local rest = text
    while rest ~= '' do
      local piece = pieces.first(rest, extent)
      T.ok(#piece > 0, 'a piece is empty')
      seen, rest = seen .. piece, rest:sub(#piece + 1)
    end
    T.equal(seen, text)
  end
end)

case('what is left after typing', function()
  T.equal(pieces.rest('abc', ''), 'abc')
  T.equal(pieces.rest('abc', 'ab'), 'c')
  T.equal(pieces.rest('abc', 'abc'), nil)
  T.equal(pieces.rest('abc', 'ax'), nil)
  T.equal(pieces.rest('abc', 'abcd'), nil)
end)
