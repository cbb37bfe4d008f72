/// A picture in SVG, drawn from top to bottom with numbers that are rounded to a tenth.
struct SVG {
    let width: Double
    let height: Double
    private(set) var body = ""

    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    /// Where a text's anchor is.
    enum Anchor: String {
        case start, middle, end
    }

    /// Colours that differ in lightness as well as in hue.
    private static let palette = [
        "#1f6fb4", "#d9541e", "#2a8f4d", "#8b54b8", "#c9a400", "#0e8a8f", "#b5305c", "#6b6b6b",
        "#6aa6dc", "#f0a070", "#7cc795", "#bd9fdc", "#8c7200", "#66c5c8", "#e58aab", "#2c2c2c",
        "#a05a2c",
    ]

    static func colour(_ index: Int) -> String { palette[index % palette.count] }

    mutating func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String,
        width: Double = 1, dash: String? = nil
    ) {
        body +=
            "<line x1=\"\(Self.n(x1))\" y1=\"\(Self.n(y1))\" x2=\"\(Self.n(x2))\" y2=\"\(Self.n(y2))\""
        body += " stroke=\"\(colour)\" stroke-width=\"\(Self.n(width))\""
        body += (dash.map { " stroke-dasharray=\"\($0)\"" } ?? "") + "/>\n"
    }

    mutating func path(_ points: [(x: Double, y: Double)], _ colour: String, dash: String? = nil) {
        guard let first = points.first else { return }
        var d = "M\(Self.n(first.x)) \(Self.n(first.y))"
        for point in points.dropFirst() { d += " L\(Self.n(point.x)) \(Self.n(point.y))" }
        body += "<path d=\"\(d)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\""
        body += (dash.map { " stroke-dasharray=\"\($0)\"" } ?? "") + "/>\n"
    }

    mutating func circle(_ x: Double, _ y: Double, _ colour: String) {
        body += "<circle cx=\"\(Self.n(x))\" cy=\"\(Self.n(y))\" r=\"2.6\" fill=\"\(colour)\"/>\n"
    }

    mutating func rectangle(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ colour: String,
        title: String, opacity: Double = 1
    ) {
        body += "<rect x=\"\(Self.n(x))\" y=\"\(Self.n(y))\" width=\"\(Self.n(width))\" "
        body += "height=\"\(Self.n(height))\" fill=\"\(colour)\""
        if opacity < 1 { body += " fill-opacity=\"\(Self.n(opacity))\"" }
        body += "><title>\(Self.escaped(title))</title></rect>\n"
    }

    mutating func text(
        _ x: Double, _ y: Double, _ text: String, _ anchor: Anchor = .start, size: Double = 12,
        colour: String = "#222", isBold: Bool = false
    ) {
        body += "<text x=\"\(Self.n(x))\" y=\"\(Self.n(y))\" font-size=\"\(Self.n(size))\" "
        body += "fill=\"\(colour)\" text-anchor=\"\(anchor.rawValue)\""
        body += (isBold ? " font-weight=\"bold\"" : "") + ">\(Self.escaped(text))</text>\n"
    }

    /// Adds an element as it is.
    mutating func add(_ element: String) { body += element + "\n" }

    /// The whole file.
    var file: String {
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Self.n(width))\" height=\"\(Self.n(height))\" "
            + "viewBox=\"0 0 \(Self.n(width)) \(Self.n(height))\" font-family=\"sans-serif\" role=\"img\">\n"
            + "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n" + body + "</svg>\n"
    }

    /// A number with one decimal at most.
    static func n(_ value: Double) -> String {
        let text = Format.fixed(value, 1)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    static func escaped(_ text: String) -> String {
        text.map { character -> String in
            switch character {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            default: String(character)
            }
        }.joined()
    }
}
