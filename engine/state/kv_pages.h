// SPDX-License-Identifier: Apache-2.0
#ifndef KRAIT_ENGINE_STATE_KV_PAGES_H_
#define KRAIT_ENGINE_STATE_KV_PAGES_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/model/hyperparameters.h"
#include "engine/state/state.h"

namespace krait::engine {

// Keys (after RoPE) and values of kBlockTokens positions of all attention
// layers, in whatever memory. Its rows are those of each layer's keys, then of
// its values, layer after layer.
class KvPage : public StateBlock {
 public:
  // Returns a page that begins with the first `rows` of this one.
  virtual std::shared_ptr<KvPage> CopyRows(size_t rows) const = 0;

  // Positions that some cache has written or is about to. A cache that ends
  // here may write on.
  size_t filled = 0;
};

// Which pages the attention layers of a sequence have: of all positions, or
// with a sliding window of those that can still be seen. Copies share pages
// until either changes them; going back is dropping pages. Whose pages lie
// where, and who writes them, is the business of those who derive from it.
class KvPages {
 public:
  // Its part of what State says of the functions by these names.
  void CopyFrom(const KvPages& other);
  // The blocks are pages of the kind that `new_page` makes.
  void Restore(size_t position,
               std::span<const std::shared_ptr<StateBlock>> blocks);
  // Whether Rewind can go there.
  bool CanRewind(size_t position) const;
  void Rewind(size_t position);
  std::shared_ptr<StateBlock> last_block() const;
  size_t bytes() const;
  // Of the layer in place `layer`, the model's `number`th.
  void Export(size_t layer, size_t number,
              std::vector<StateTensor>* tensors) const;
  std::vector<std::shared_ptr<StateBlock>> TakeWholeBlocks() {
    return std::exchange(whole_blocks_, {});
  }

  // For the forward pass ------------------------------------------------------

  size_t position() const { return position_; }

  // Makes room for `tokens` more positions, which this cache alone may write;
  // Advance has to follow.
  void Extend(size_t tokens);

  // `tokens` more were fed.
  void Advance(size_t tokens);
  // The same of tokens that may be taken back (Rewind): what their sliding
  // window has passed stays until the next Advance.
  void AdvanceDraft(size_t tokens);

  // Appends the first `rows` positions of a page that begins at position(),
  // on the grid. Null: positions that the sliding window has passed.
  void Append(std::shared_ptr<StateBlock> block, size_t rows);

 protected:
  using NewPage = std::function<std::shared_ptr<KvPage>()>;

  KvPages(const AttentionShape& shape, NewPage new_page);

  // By position / kBlockTokens; null where the window has passed.
  const std::vector<std::shared_ptr<KvPage>>& pages() const { return pages_; }

 private:
  // Puts a copy in the place of the last page, which is not whole.
  void OwnLastPage();
  // Drops what the sliding window has passed.
  void Slide();

  size_t kv_heads_;
  size_t head_dim_;
  size_t window_;  // 0: none
  NewPage new_page_;
  size_t position_ = 0;
  std::vector<std::shared_ptr<KvPage>> pages_;
  std::vector<std::shared_ptr<StateBlock>> whole_blocks_;
};

}  // namespace krait::engine

#endif  // KRAIT_ENGINE_STATE_KV_PAGES_H_
