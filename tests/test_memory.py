"""Memory that runs out: the image stays, no file is left, and the message says what it was."""

import resource

from program import ProgramTest, case, installs, paths, run, sanitized, sha256

LOADER = 127  # not even the libraries fitted


class Memory(ProgramTest):
    def test_a_job_without_memory_fails_in_words_and_leaves_everything_as_it_was(self):
        if sanitized():
            self.skipTest("a sanitizer needs the address space for itself")
        image, updates = paths(case(installs))
        own = self.copy(image)
        before = sha256(own)
        failed = 0
        for megabytes in range(50, 150, 4):
            limit = megabytes << 20
            done = run("apply", own, "--update", *updates, "--in-place",
                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
            if done.code == LOADER:
                continue
            if done.code == 0:
                break
            failed += 1
            self.assertIn(done.code, (2, 20), done.err)
            self.assertRegex(done.err, "cause: .*(memory|no more threads)")
            self.assertEqual(sha256(own), before, f"{megabytes} MB: {done.err}")
            self.assertEqual([path.name for path in self.dir.iterdir()], [own.name])
        self.assertGreater(failed, 0, "memory never ran out")
