"""Fragmented MP4 (ISO/IEC 14496-12): what the engine writes to disk, and how it is read back."""
