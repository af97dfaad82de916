"""The least that can be done with PyTorch: import it and convolve once."""

import torch
import torch.nn.functional as F

y = F.conv2d(torch.ones(1, 3, 16, 16), torch.ones(8, 3, 3, 3), padding=1)
print(y[0, 0, 0, 0].item())
