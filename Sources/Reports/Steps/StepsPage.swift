import Stepping

/// A session as one page of HTML that needs nothing else: no network, no other file.
public struct StepsPage {
    private let session: TraceSession

    /// Takes a session; its position does not matter.
    public init(_ session: TraceSession) { self.session = session }

    /// The script that draws a film, as text.
    public static var script: String { String(decoding: PackageResources.viewer_js, as: UTF8.self) }

    /// Its style sheet.
    public static var style: String { String(decoding: PackageResources.viewer_css, as: UTF8.self) }

    /// What the page may do: run what stands in it, and ask nobody.
    private static let policy =
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
        + "base-uri 'none'; form-action 'none'"

    /// The whole file.
    ///
    /// - Complexity: O(*n*) in the number of events.
    public var html: String {
        let title = SVG.escaped("\(StepsFilm.name(of: session)) on \(session.setup.machine.name)")
        let film = Deflated.base64(StepsFilm(session).json.compactText)
        return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            + "<meta http-equiv=\"Content-Security-Policy\" content=\"\(Self.policy)\">\n"
            + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            + "<title>\(title) · staleline</title>\n<style>\n\(Self.style)</style>\n</head>\n<body>\n"
            + "<main id=\"viewer\"><noscript><pre>\(SVG.escaped(lastWords))</pre></noscript></main>\n"
            + "<script type=\"text/plain\" id=\"film\">\(film)</script>\n"
            + "<script>\n\(Self.script)\n"
            + "Staleline.unpack(document.getElementById('film').textContent).then("
            + "(film) => Staleline.open(document.getElementById('viewer'), film));\n</script>\n"
            + "</body>\n</html>\n"
    }

    /// The state at the end in words, for readers without scripts.
    private var lastWords: String {
        var session = session
        session.move(to: session.count)
        return session.view.text()
    }
}
