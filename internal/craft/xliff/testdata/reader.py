"""Reads, and answers, a file of XLIFF 2.1 with translate-toolkit and lxml, which
know nothing of ours. Usage: reader.py FILE ANSWER [XSD]

Prints a line of JSON for each unit: its id, the notes on it, the words of its
source. The answer has each unit's source as its target.
"""
import copy
import json
import sys

from lxml import etree
from translate.storage import xliff2

store = xliff2.Xliff2File.parsefile(sys.argv[1])
if len(sys.argv) > 3:
    etree.XMLSchema(etree.parse(sys.argv[3])).assertValid(etree.parse(sys.argv[1]))
core = "{%s}" % store.namespace
assert store.getsourcelanguage() == "en" and store.gettargetlanguage() == "de"
for unit in store.units:
    segment = unit.xmlelement
    source = segment.find(core + "source")
    around = segment.getparent()
    notes = [n.text for n in around.iterfind(core + "notes/" + core + "note")]
    print(json.dumps({"id": around.get("id"), "notes": notes, "source": unit.source, "words": "".join(source.itertext())}))
    target = copy.deepcopy(source)
    target.tag = core + "target"
    segment.append(target)
    unit.markapproved()
store.savefile(sys.argv[2])
