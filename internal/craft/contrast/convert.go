package contrast

import "math"

// The matrices are those of CSS Color 4, section 17, as fractions where it gives
// them so. XYZ without a white point is for D65.

// toXYZ returns the XYZ of a colour that is neither HSL nor HWB.
func toXYZ(space Space, v vector) vector {
	switch space {
	case SRGBLinear:
		return linearToXYZ(v)
	case Lab:
		return fromD50(labToXYZ(v))
	case LCH:
		return fromD50(labToXYZ(polar(v)))
	case OKLab:
		return oklabToXYZ(v)
	case OKLCH:
		return oklabToXYZ(polar(v))
	case DisplayP3:
		return matrix{
			{608311.0 / 1250200, 189793.0 / 714400, 198249.0 / 1000160},
			{35783.0 / 156275, 247089.0 / 357200, 198249.0 / 2500400},
			{0, 32229.0 / 714400, 5220557.0 / 5000800},
		}.times(v.each(decodeSRGB))
	case A98:
		return matrix{
			{573536.0 / 994567, 263643.0 / 1420810, 187206.0 / 994567},
			{591459.0 / 1989134, 6239551.0 / 9945670, 374412.0 / 4972835},
			{53769.0 / 1989134, 351524.0 / 4972835, 4929758.0 / 4972835},
		}.times(v.each(power(563.0 / 256)))
	case ProPhoto:
		return fromD50(matrix{
			{0.79776664490064230, 0.13518129740053308, 0.03134773412839220},
			{0.28807482881940130, 0.71183523424187300, 0.00008993693872564},
			{0, 0, 0.82510460251046020},
		}.times(v.each(decodeProPhoto)))
	case Rec2020:
		return matrix{
			{63426534.0 / 99577255, 20160776.0 / 139408157, 47086771.0 / 278816314},
			{26158966.0 / 99577255, 472592308.0 / 697040785, 8267143.0 / 139408157},
			{0, 19567812.0 / 697040785, 295819943.0 / 278816314},
		}.times(v.each(power(2.4)))
	case XYZD50:
		return fromD50(v)
	case XYZD65:
		return v
	}
	return srgbToXYZ(v)
}

func srgbToXYZ(rgb vector) vector { return linearToXYZ(rgb.each(decodeSRGB)) }

func linearToXYZ(linear vector) vector {
	return matrix{
		{506752.0 / 1228815, 87881.0 / 245763, 12673.0 / 70218},
		{87098.0 / 409605, 175762.0 / 245763, 12673.0 / 175545},
		{7918.0 / 409605, 87881.0 / 737289, 1001167.0 / 1053270},
	}.times(linear)
}

func xyzToSRGB(xyz vector) vector {
	return matrix{
		{12831.0 / 3959, -329.0 / 214, -1974.0 / 3959},
		{-851781.0 / 878810, 1648619.0 / 878810, 36519.0 / 878810},
		{705.0 / 12673, -2585.0 / 12673, 705.0 / 667},
	}.times(xyz).each(encodeSRGB)
}

// fromD50 adapts XYZ from the white point D50 to D65 by the Bradford transform.
func fromD50(xyz vector) vector {
	return matrix{
		{0.955473421488075, -0.02309845494876471, 0.06325924320057072},
		{-0.0283697093338637, 1.0099953980813041, 0.021041441191917323},
		{0.012314014864481998, -0.020507649298898964, 1.330365926242124},
	}.times(xyz)
}

func oklabToXYZ(lab vector) vector {
	lms := matrix{
		{1, 0.3963377773761749, 0.2158037573099136},
		{1, -0.1055613458156586, -0.0638541728258133},
		{1, -0.0894841775298119, -1.2914855480194092},
	}.times(lab)
	return matrix{
		{1.2268798758459243, -0.5578149944602171, 0.2813910456659647},
		{-0.0405757452148008, 1.1122868032803170, -0.0717110580655164},
		{-0.0763729366746601, -0.4214933324022432, 1.5869240198367816},
	}.times(lms.each(func(c float64) float64 { return c * c * c }))
}

func xyzToOKLab(xyz vector) vector {
	lms := matrix{
		{0.8190224379967030, 0.3619062600528904, -0.1288737815209879},
		{0.0329836539323885, 0.9292868615863434, 0.0361446663506424},
		{0.0481771893596242, 0.2642395317527308, 0.6335478284694309},
	}.times(xyz)
	return matrix{
		{0.2104542683093140, 0.7936177747023054, -0.0040720430116193},
		{1.9779985324311684, -2.4285922420485799, 0.4505937096174110},
		{0.0259040424655478, 0.7827717124575296, -0.8086757549230774},
	}.times(lms.each(math.Cbrt))
}

// The constants of CIE Lab: (6/29)^3, (29/3)^3 and the two white points.
const (
	labEpsilon = 216.0 / 24389
	labKappa   = 24389.0 / 27
)

func d50() vector { return vector{0.3457 / 0.3585, 1, (1 - 0.3457 - 0.3585) / 0.3585} }

func d65() vector { return vector{0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290} }

func labToXYZ(lab vector) vector { return labToWhite(lab, d50()) }

func labToWhite(lab, white vector) vector {
	y := (lab[0] + 16) / 116
	f := vector{lab[1]/500 + y, y, y - lab[2]/200}
	for i, c := range f {
		if cube := c * c * c; cube > labEpsilon {
			f[i] = cube * white[i]
		} else {
			f[i] = (116*c - 16) / labKappa * white[i]
		}
	}
	return f
}

// xyzToLab returns CIE Lab for the white point.
func xyzToLab(xyz, white vector) vector {
	var f vector
	for i := range xyz {
		if c := xyz[i] / white[i]; c > labEpsilon {
			f[i] = math.Cbrt(c)
		} else {
			f[i] = (labKappa*c + 16) / 116
		}
	}
	return vector{116*f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])}
}

// decodeSRGB is the transfer function of sRGB from what is written to light,
// mirrored below 0. Its threshold is that of WCAG 2.2 and of IEC 61966-2-1.
func decodeSRGB(c float64) float64 {
	if math.Abs(c) <= 0.04045 {
		return c / 12.92
	}
	return math.Copysign(math.Pow((math.Abs(c)+0.055)/1.055, 2.4), c)
}

func encodeSRGB(c float64) float64 {
	if math.Abs(c) <= 0.0031308 {
		return c * 12.92
	}
	return math.Copysign(1.055*math.Pow(math.Abs(c), 1/2.4)-0.055, c)
}

func decodeProPhoto(c float64) float64 {
	if math.Abs(c) <= 16.0/512 {
		return c / 16
	}
	return math.Copysign(math.Pow(math.Abs(c), 1.8), c)
}

func power(gamma float64) func(float64) float64 {
	return func(c float64) float64 { return math.Copysign(math.Pow(math.Abs(c), gamma), c) }
}
