/// The plotting library that a page carries within itself: Chart.js, as one file of JavaScript.
public struct PlottingLibrary: Sendable {
    /// The file's text.
    let script: String
    /// Its version, as `3.9.1`.
    public let version: String

    /// Takes the text of a file.
    ///
    /// - Returns: nil if it does not say in its first 400 characters that it is Chart.js 3 or 4, or cannot stand in a page
    ///   because it holds the end of a script.
    public init?(_ text: String) {
        let head = text.prefix(400)
        guard let banner = head.firstRange(of: "Chart.js v"), !text.contains("</script") else {
            return nil
        }
        let version = head[banner.upperBound...].prefix { $0.isNumber || $0 == "." }
        guard ["3.", "4."].contains(where: version.hasPrefix) else { return nil }
        script = text
        self.version = String(version)
    }

    /// What its licence asks to stand beside every copy.
    static let notice = """
        Chart.js, Copyright (c) 2014-2022 Chart.js Contributors; within it @kurkle/color, Copyright (c) Jukka Kurkela.
        The MIT License (MIT)
        Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
        documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
        rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
        persons to whom the Software is furnished to do so, subject to the following conditions:
        The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
        Software.
        THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
        WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
        COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
        OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
        """
}
