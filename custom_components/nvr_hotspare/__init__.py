"""NVR Hot Spare: a spare records the cameras of a recorder that has died."""
