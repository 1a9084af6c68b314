"""The Python extractors over the pages of benches/peers, one round, by the processor's time."""
import glob, gzip, os, time

import trafilatura
from readability import Document

paths = sorted(glob.glob(os.path.join(os.environ["NEWSVIGIL_CORPORA"], "pages/html/**/*.gz"), recursive=True))[::5]
pages = [gzip.open(path, "rt", encoding="utf-8", errors="replace").read() for path in paths]
megabytes = sum(len(page.encode()) for page in pages) / 1e6
print(f"{len(pages)} pages, {megabytes:.1f} MB")
for name, extract in (("trafilatura", trafilatura.extract), ("readability-lxml", lambda page: Document(page).summary())):
    begun = time.process_time()
    for page in pages:
        try:
            extract(page)
        except Exception:  # some pages it cannot read
            pass
    seconds = time.process_time() - begun
    print(f"{name:22}{megabytes / seconds:8.1f} MB/s{len(pages) / seconds:8.0f} pages/s")
