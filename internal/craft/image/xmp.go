package image

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"strings"

	"github.com/throughline-engine/throughline"
)

// sourceTypes is where IPTC publishes its words for how a picture was made.
const sourceTypes = "http://cv.iptc.org/newscodes/digitalsourcetype/"

// maxPacket is how much XMP one segment of a JPEG holds.
const maxPacket = 65_533 - len(xmpHead)

// zero reports whether a notice says nothing.
func (n Notice) zero() bool {
	return n.Title == "" && len(n.Creator) == 0 && n.Rights == "" && n.Credit == "" && n.Usage == "" &&
		len(n.Keywords) == 0 && n.SourceType == "" && n.Captured.IsZero() && n.DerivedFrom == throughline.Digest{}
}

// XMP writes a notice as an XMP packet (ISO 16684-1), or nothing for one that
// says nothing. It refuses one that does not fit a segment of a JPEG.
func (n Notice) XMP() ([]byte, error) {
	if n.zero() {
		return nil, nil
	}
	var b bytes.Buffer
	b.WriteString("<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about=""` +
		` xmlns:dc="http://purl.org/dc/elements/1.1/"` +
		` xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/"` +
		` xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"` +
		` xmlns:stRef="http://ns.adobe.com/xap/1.0/sType/ResourceRef#"` +
		` xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"` +
		` xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">`)
	list(&b, "dc:title", "Alt", n.Title)
	list(&b, "dc:creator", "Seq", n.Creator...)
	list(&b, "dc:rights", "Alt", n.Rights)
	list(&b, "dc:subject", "Bag", n.Keywords...)
	list(&b, "xmpRights:UsageTerms", "Alt", n.Usage)
	property(&b, "photoshop:Credit", n.Credit)
	if !n.Captured.IsZero() {
		property(&b, "photoshop:DateCreated", n.Captured.Format("2006-01-02T15:04:05"))
	}
	if n.Rights != "" {
		property(&b, "xmpRights:Marked", "True")
	}
	if n.SourceType != "" {
		property(&b, "Iptc4xmpExt:DigitalSourceType", sourceTypes+string(n.SourceType))
	}
	if n.DerivedFrom != (throughline.Digest{}) {
		b.WriteString(`<xmpMM:DerivedFrom rdf:parseType="Resource">`)
		property(&b, "stRef:documentID", "sha256:"+n.DerivedFrom.String())
		b.WriteString(`</xmpMM:DerivedFrom>`)
	}
	b.WriteString("</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>")
	if b.Len() > maxPacket {
		return nil, throughline.Errorf(throughline.TooLarge, "the notice takes %d bytes, and a picture carries at most %d", b.Len(), maxPacket).
			WithFix("shorten the terms of use or leave keywords out")
	}
	return b.Bytes(), nil
}

func property(b *bytes.Buffer, name, value string) {
	if value == "" {
		return
	}
	b.WriteString("<" + name + ">")
	xml.EscapeText(b, []byte(value)) //nolint:errcheck // a buffer takes everything
	b.WriteString("</" + name + ">")
}

func list(b *bytes.Buffer, name, kind string, values ...string) {
	if strings.Join(values, "") == "" {
		return
	}
	b.WriteString("<" + name + "><rdf:" + kind + ">")
	for _, v := range values {
		item := "rdf:li"
		if kind == "Alt" {
			b.WriteString(`<rdf:li xml:lang="x-default">`)
		} else {
			b.WriteString("<rdf:li>")
		}
		xml.EscapeText(b, []byte(v)) //nolint:errcheck // a buffer takes everything
		b.WriteString("</" + item + ">")
	}
	b.WriteString("</rdf:" + kind + "></" + name + ">")
}

// derivedFrom finds the digest that XMP writes: the reader of flat properties
// passes over the structure it stands in.
func derivedFrom(xmp []byte) throughline.Digest {
	_, after, found := bytes.Cut(xmp, []byte("xmpMM:DerivedFrom"))
	if !found {
		return throughline.Digest{}
	}
	_, after, found = bytes.Cut(after[:min(len(after), 400)], []byte("sha256:"))
	if !found || len(after) < 64 {
		return throughline.Digest{}
	}
	d, err := throughline.ParseDigest(string(after[:64]))
	if err != nil {
		return throughline.Digest{}
	}
	return d
}

// extras are what a copy of a picture carries besides its pixels.
type extras struct {
	orientation int
	xmp         []byte
	icc         []byte // nil keeps the profile that is there
}

// exif writes the least EXIF that says how to turn the picture, which no browser
// reads from XMP; nothing for one that is upright.
func (x extras) exif() []byte {
	if x.orientation < 2 || x.orientation > 8 {
		return nil
	}
	b := []byte("MM\x00*\x00\x00\x00\x08\x00\x01")
	b = binary.BigEndian.AppendUint16(b, 0x0112) // Orientation
	b = binary.BigEndian.AppendUint16(b, 3)      // a short
	b = binary.BigEndian.AppendUint32(b, 1)
	return append(b, 0, byte(x.orientation), 0, 0, 0, 0, 0, 0)
}
