"""Two small heads over rows in time, as public projects build them: an LSTM (over faces) and a CNN (over MFCC)."""

from __future__ import annotations

from typing import Any

from models.heads.bilstm import BiLstmHead

DROPOUT = 0.5
HIDDEN = 128
CHANNELS = (64, 64, 128)
WIDTH = 5


class LstmHead(BiLstmHead):
    """One LSTM of 128 units; its outputs are averaged over the clip's own rows. Otherwise as `BiLstmHead`."""

    SCHEMA = "lstm-head/1"

    def build(self) -> Any:
        """The layers, with fresh random weights."""
        from torch import nn

        return nn.ModuleDict(
            {
                "lstm": nn.LSTM(self.width, HIDDEN, batch_first=True),
                "dropout": nn.Dropout(DROPOUT),
                "out": nn.Linear(HIDDEN, len(self.labels)),
            }
        )

    def forward(self, net: Any, x: Any, lengths: Any) -> Any:
        """Scores (clips, classes). The LSTM runs forwards: what stands behind a clip's end does not reach its rows."""
        seen, _ = net["lstm"](x)
        mask = own_rows(seen.shape[1], lengths.to(seen.device))
        mean = (seen * mask).sum(dim=1) / mask.sum(dim=1)
        return net["out"](net["dropout"](mean))


class CnnHead(BiLstmHead):
    """Three convolutions in time, then mean and largest over the clip's own rows. Otherwise as `BiLstmHead`."""

    SCHEMA = "cnn-head/1"

    def build(self) -> Any:
        """The layers, with fresh random weights."""
        from torch import nn

        before = (self.width, *CHANNELS)
        layers = {f"conv{k}": nn.Conv1d(before[k], size, WIDTH, padding=WIDTH // 2) for k, size in enumerate(CHANNELS)}
        return nn.ModuleDict(
            {**layers, "dropout": nn.Dropout(DROPOUT), "out": nn.Linear(2 * CHANNELS[-1], len(self.labels))}
        )

    def forward(self, net: Any, x: Any, lengths: Any) -> Any:
        """Scores (clips, classes). Rows behind a clip's end are zero before every convolution, as beyond its start."""
        import torch
        from torch.nn.functional import max_pool1d

        lengths = lengths.to(x.device)
        rows = x * own_rows(x.shape[1], lengths)
        for k in range(len(CHANNELS)):
            rows = torch.relu(net[f"conv{k}"](rows.transpose(1, 2)))
            rows = rows * own_rows(rows.shape[2], lengths).transpose(1, 2)
            if k + 1 < len(CHANNELS):
                # The largest of two: the last of an odd number of rows stays what it is beside an empty one.
                rows = max_pool1d(rows, 2, ceil_mode=True)
                lengths = (lengths + 1) // 2
            rows = rows.transpose(1, 2)
        mask = own_rows(rows.shape[1], lengths)
        mean = (rows * mask).sum(dim=1) / mask.sum(dim=1)
        largest = rows.masked_fill(~mask.bool(), 0.0).amax(dim=1)  # never below 0 after the ReLU
        return net["out"](net["dropout"](torch.cat([mean, largest], dim=1)))


def own_rows(count: int, lengths: Any) -> Any:
    """1 for the rows of each clip, 0 behind its end: (clips, count, 1)."""
    import torch

    return (torch.arange(count, device=lengths.device)[None, :] < lengths[:, None]).unsqueeze(-1).float()
