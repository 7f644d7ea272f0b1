# SPDX-License-Identifier: MIT
"""What the end-to-end tests stand on: streams with deadlines, programs, guests."""
