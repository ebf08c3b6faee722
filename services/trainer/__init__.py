"""Fine-tunes the student on accepted teacher dialogues."""
