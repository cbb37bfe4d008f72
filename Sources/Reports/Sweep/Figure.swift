import Experiments

// A figure is drawn in SVG with colours as attributes, and each element has a class beside: a page overrides the colours
// by the classes, so that one picture is right on white and on black. Alone, as a file, it is dark on white.

/// A chart with two axes, and room for a legend at its right.
struct Figure {
    /// What a thing is coloured as.
    enum Tone: Hashable {
        /// Words and axes.
        case ink
        /// Words that say less.
        case faint
        /// Lines behind data.
        case grid
        /// What is beneath all.
        case paper
        /// Data: one of ``seriesColours``.
        case series(Int)

        /// The class of elements in this tone.
        var name: String {
            switch self {
            case .ink: "ink"
            case .faint: "faint"
            case .grid: "grid"
            case .paper: "paper"
            case .series(let index): "s\(index % Figure.seriesColours.count)"
            }
        }

        /// The colour on white.
        var colour: String {
            switch self {
            case .ink: "#222222"
            case .faint: "#666666"
            case .grid: "#e2e2e2"
            case .paper: "#ffffff"
            case .series(let index): Figure.seriesColours[index % Figure.seriesColours.count].light
            }
        }
    }

    /// Colours of data on white and on black, each with a contrast of more than 3 to 1 to the paper.
    static let seriesColours: [(light: String, dark: String)] = [
        ("#0060a8", "#6db6f0"), ("#d0540a", "#ff9a5c"), ("#00795a", "#4fd0a8"),
        ("#a2408c", "#e59ad3"), ("#806200", "#dcbc4a"), ("#2a8ec2", "#a8dcff"),
        ("#3b3b3b", "#e8e8e8"), ("#b3202f", "#ff8f98"),
    ]

    /// Dashes of lines, for the second thing that tells curves apart.
    static let dashes: [[Double]] = [[], [8, 4], [2, 3], [9, 3, 2, 3]]

    private(set) var picture: SVG
    private let title: String
    private let summary: String
    /// The plot, without its axes' words.
    let plot: (left: Double, top: Double, right: Double, bottom: Double)

    /// Makes an empty figure.
    ///
    /// - Parameters:
    ///   - title: What stands above it.
    ///   - summary: What it shows, for those who cannot see it.
    ///   - width: Its width.
    ///   - height: Its height.
    ///   - left: How much of it is left of the plot.
    ///   - right: How much is right of it.
    ///   - bottom: How much is below it.
    init(
        title: String, summary: String, width: Double = 860, height: Double = 470,
        left: Double = 76, right: Double = 200, bottom: Double = 62
    ) {
        self.title = title
        self.summary = summary
        picture = SVG(width: width, height: height)
        plot = (left, 48, width - right, height - bottom)
        text(16, 26, title, size: 15, isBold: true)
    }

    // MARK: Axes

    /// Draws the frame, the marks with lines behind the data, and the axes' titles.
    mutating func axes(
        _ x: FigureScale, _ xTitle: String, _ y: FigureScale, _ yTitle: String
    ) {
        for tick in x.ticks {
            let place = self.x(tick.position)
            if !tick.label.isEmpty { line(place, plot.top, place, plot.bottom, .grid) }
            line(place, plot.bottom, place, plot.bottom + (tick.label.isEmpty ? 3 : 5), .ink)
            text(place, plot.bottom + 19, tick.label, .middle)
        }
        for tick in y.ticks {
            let place = self.y(tick.position)
            if !tick.label.isEmpty { line(plot.left, place, plot.right, place, .grid) }
            line(plot.left - (tick.label.isEmpty ? 3 : 5), place, plot.left, place, .ink)
            text(plot.left - 9, place + 4, tick.label, .end)
        }
        line(plot.left, plot.bottom, plot.right, plot.bottom, .ink)
        line(plot.left, plot.top, plot.left, plot.bottom, .ink)
        titles(
            xTitle + (x.isLogarithmic ? ", logarithmic" : ""),
            yTitle + (y.isLogarithmic ? ", logarithmic" : ""))
    }

    /// Writes the axes' titles.
    mutating func titles(_ x: String, _ y: String) {
        text((plot.left + plot.right) / 2, plot.bottom + 44, x, .middle, size: 13)
        upright(20, (plot.top + plot.bottom) / 2, y)
    }

    /// The place across of a position between 0 and 1.
    func x(_ position: Double) -> Double { plot.left + position * (plot.right - plot.left) }

    /// The place from the top of a position between 0, below, and 1.
    func y(_ position: Double) -> Double { plot.bottom - position * (plot.bottom - plot.top) }

    // MARK: Things

    mutating func line(
        _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ tone: Tone, width: Double = 1,
        dash: [Double] = []
    ) {
        path([(x1, y1), (x2, y2)], tone, width: width, dash: dash)
    }

    mutating func path(
        _ points: [(x: Double, y: Double)], _ tone: Tone, width: Double = 2, dash: [Double] = []
    ) {
        guard let first = points.first else { return }
        var d = "M\(SVG.n(first.x)) \(SVG.n(first.y))"
        for point in points.dropFirst() { d += " L\(SVG.n(point.x)) \(SVG.n(point.y))" }
        let dashes = dash.map(SVG.n).joined(separator: " ")
        picture.add(
            "<path class=\"\(tone.name)-line\" d=\"\(d)\" fill=\"none\" stroke=\"\(tone.colour)\" "
                + "stroke-width=\"\(SVG.n(width))\""
                + (dash.isEmpty ? "" : " stroke-dasharray=\"\(dashes)\"") + "/>")
    }

    mutating func text(
        _ x: Double, _ y: Double, _ text: String, _ anchor: SVG.Anchor = .start, size: Double = 12,
        isBold: Bool = false, tone: Tone = .ink
    ) {
        guard !text.isEmpty else { return }
        picture.add(
            "<text class=\"\(tone.name)\" x=\"\(SVG.n(x))\" y=\"\(SVG.n(y))\" font-size=\"\(SVG.n(size))\" "
                + "fill=\"\(tone.colour)\" text-anchor=\"\(anchor.rawValue)\""
                + (isBold ? " font-weight=\"bold\"" : "") + ">\(SVG.escaped(text))</text>")
    }

    /// Words on a field whose colour pages do not override.
    mutating func fixedText(_ x: Double, _ y: Double, _ text: String, colour: String) {
        picture.text(x, y, text, .middle, colour: colour)
    }

    private mutating func upright(_ x: Double, _ y: Double, _ text: String) {
        guard !text.isEmpty else { return }
        picture.add(
            "<text class=\"ink\" transform=\"translate(\(SVG.n(x)) \(SVG.n(y))) rotate(-90)\" font-size=\"13\" "
                + "fill=\"\(Tone.ink.colour)\" text-anchor=\"middle\">\(SVG.escaped(text))</text>")
    }

    /// A filled field with its own colour, which pages do not override, and words for the pointer.
    mutating func field(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, colour: String, title: String
    ) {
        picture.add(
            "<rect x=\"\(SVG.n(x))\" y=\"\(SVG.n(y))\" width=\"\(SVG.n(width))\" height=\"\(SVG.n(height))\" "
                + "fill=\"\(colour)\""
                + (title.isEmpty ? "/>" : "><title>\(SVG.escaped(title))</title></rect>"))
    }

    /// A bar in a tone.
    mutating func bar(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ tone: Tone, title: String
    ) {
        picture.add(
            "<rect class=\"\(tone.name)\" x=\"\(SVG.n(x))\" y=\"\(SVG.n(y))\" width=\"\(SVG.n(width))\" "
                + "height=\"\(SVG.n(height))\" fill=\"\(tone.colour)\"><title>\(SVG.escaped(title))</title></rect>"
        )
    }

    /// A frame around a field.
    mutating func frame(
        _ x: Double, _ y: Double, _ width: Double, _ height: Double, _ colour: String,
        stroke: Double = 2
    ) {
        picture.add(
            "<rect x=\"\(SVG.n(x))\" y=\"\(SVG.n(y))\" width=\"\(SVG.n(width))\" height=\"\(SVG.n(height))\" "
                + "fill=\"none\" stroke=\"\(colour)\" stroke-width=\"\(SVG.n(stroke))\"/>")
    }

    /// A line and a mark with a word, as in a legend; the mark or the line may be left out.
    mutating func legend(
        _ y: Double, _ text: String, _ tone: Tone, mark: FigureMark?, dash: [Double]? = []
    ) {
        let left = plot.right + 20
        if let dash { line(left, y - 4, left + 34, y - 4, tone, width: 2, dash: dash) }
        if let mark { self.mark(left + 17, y - 4, mark, tone) }
        self.text(left + 42, y, text)
    }

    /// A mark with words for the pointer.
    mutating func mark(
        _ x: Double, _ y: Double, _ mark: FigureMark, _ tone: Tone, size: Double = 4,
        title: String = ""
    ) {
        let words = title.isEmpty ? "" : "<title>\(SVG.escaped(title))</title>"
        let d = mark.path(x, y, size)
        let paint =
            mark.isFilled
            ? "class=\"\(tone.name)\" fill=\"\(tone.colour)\""
            : "class=\"\(tone.name)-line\" fill=\"none\" stroke=\"\(tone.colour)\" stroke-width=\"1.8\""
        picture.add(
            words.isEmpty
                ? "<path \(paint) d=\"\(d)\"/>" : "<path \(paint) d=\"\(d)\">\(words)</path>")
    }

    /// A line with a mark as a small picture, for switches; either may be left out.
    static func swatch(_ tone: Tone, _ mark: FigureMark?, _ dash: [Double]?) -> String {
        var figure = Figure(title: "", summary: "", width: 34, height: 14)
        if let dash { figure.line(0, 7, 34, 7, tone, width: 2, dash: dash) }
        if let mark { figure.mark(17, 7, mark, tone) }
        return "<svg class=\"swatch\" width=\"34\" height=\"14\" aria-hidden=\"true\">"
            + figure.picture.body.replacing("\n", with: "") + "</svg>"
    }

    // MARK: The file

    /// The picture with its words, to stand in a page or in a file.
    var svg: String {
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(SVG.n(picture.width))\" "
            + "height=\"\(SVG.n(picture.height))\" viewBox=\"0 0 \(SVG.n(picture.width)) \(SVG.n(picture.height))\" "
            + "font-family=\"DejaVu Sans, Verdana, sans-serif\" role=\"img\">\n"
            + "<title>\(SVG.escaped(title))</title>\n<desc>\(SVG.escaped(summary))</desc>\n"
            + "<rect class=\"paper\" width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
            + picture.body + "</svg>\n"
    }
}

/// The shape of a point, so that series are told apart without colours.
enum FigureMark: Int, CaseIterable {
    case circle, square, triangle, diamond, cross, star, plus, ring

    init(_ index: Int) { self = Self.allCases[index % Self.allCases.count] }

    var isFilled: Bool { rawValue < Self.cross.rawValue }

    /// What the plotting library calls the shape.
    var libraryName: String {
        ["circle", "rect", "triangle", "rectRot", "crossRot", "star", "cross", "circle"][rawValue]
    }

    /// The shape as a path of SVG.
    func path(_ x: Double, _ y: Double, _ size: Double) -> String {
        func to(_ dx: Double, _ dy: Double) -> String {
            "\(SVG.n(x + dx * size)) \(SVG.n(y + dy * size))"
        }
        func stroke(_ dx: Double, _ dy: Double) -> String { "M\(to(-dx, -dy)) L\(to(dx, dy))" }
        switch self {
        case .circle, .ring:
            let radius = SVG.n(size)
            let diameter = SVG.n(2 * size)
            return
                "M\(to(-1, 0)) a\(radius) \(radius) 0 1 0 \(diameter) 0 a\(radius) \(radius) 0 1 0 -\(diameter) 0"
        case .square:
            return "M\(to(-0.9, -0.9)) L\(to(0.9, -0.9)) L\(to(0.9, 0.9)) L\(to(-0.9, 0.9)) Z"
        case .triangle: return "M\(to(0, -1.2)) L\(to(1.1, 0.8)) L\(to(-1.1, 0.8)) Z"
        case .diamond: return "M\(to(0, -1.3)) L\(to(1.3, 0)) L\(to(0, 1.3)) L\(to(-1.3, 0)) Z"
        case .cross: return stroke(1, 1) + " " + stroke(1, -1)
        case .plus: return stroke(1.2, 0) + " " + stroke(0, 1.2)
        case .star: return stroke(0.9, 0.9) + " " + stroke(0.9, -0.9) + " " + stroke(1.2, 0)
        }
    }
}
