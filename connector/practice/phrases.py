"""What customers and agents of the practice helpdesk write; made up, nasty to careless pages."""

SUBJECTS = (
    "Cannot sign in after password reset",
    "Invoice shows the wrong company name",
    "Export to CSV never finishes",
    "App crashes when I open settings",
    "How do I add a second user?",
    "Refund for order not received yet",
    "Parcel arrived damaged",
    "Two-factor code is not accepted",
    "Question about the annual plan",
    "Dashboard is empty since this morning",
    "Please change the billing address",
    'Report "Sales & Returns" <b>does not load</b>',
    "API answers 500 on upload",
    "Keine Bestätigung per E-Mail erhalten",
    "請求書を再発行してください",
    "Where is my delivery?",
    "Synchronisation with calendar stopped",
    "Cancel my subscription, please",
    "Charged twice this month",
    "Import fails at row 1,024",
    "Notification mails arrive hours late",
    "Cannot delete an old project",
    "Licence key is rejected",
    "Feature request: dark mode",
    "Search finds nothing with umlauts (ä, ö, ü)",
    "Screen stays white <script>alert('boo')</script>",
)
OPENINGS = (
    "Hello, this has worked until yesterday. Could you have a look?",
    "Hi, I followed the steps in the guide, but nothing happens. What am I missing?",
    "Please help, our whole team is blocked by this.",
    "I have asked before and got no answer. Can somebody take this on?",
    "See the subject. It happens in every browser, <em>also</em> in private windows.",
    "Guten Tag, können Sie mir bitte weiterhelfen? Vielen Dank!",
    "It says 'unexpected token' & then closes. I can send a recording if that helps.",
)
REPLIES = (
    "Thanks for writing. I have changed a setting on our side; please try again.",
    "Sorry for the trouble. Could you send us the time at which it happened last?",
    "We found the cause: a job was stuck. It runs again and should catch up within the hour.",
    "I have passed this to our engineers and will write as soon as I hear from them.",
    "This can be done under Settings > Users. Shall I do it for you?",
    "The refund was sent today; banks take up to three days.",
)
ANSWERS = (
    "Thanks, that was quick. It still fails for one colleague, though.",
    "It happened again at about nine this morning.",
    "Yes, please do that for me.",
    "I tried, and now I see another message.",
    "Here is the order number you asked for.",
)
SOLUTIONS = (
    "This is fixed now. I am closing the request; just reply if it comes back.",
    "Done! Is there anything else I can do for you?",
    "As agreed on the phone, I have made the change.",
)
REOPENINGS = (
    "Sorry to bother you again, but the problem is back.",
    "It worked for a day. Now it is as before.",
    "Thank you!",
)
NOTES = (
    "Seen the same with two other accounts; waiting for the logs.",
    "Customer is on the old plan, be careful with the limits.",
    "Called, nobody picked up.",
)
TOPICS = ("login", "billing", "refund", "delivery", "bug", "how_to", "account", "api", "import")
FIRST_NAMES = (
    "Ada", "Bashir", "Chiara", "Dmitri", "Emeka", "Fatima", "Goran", "Hana", "Ines", "Jonas",
    "Keiko", "Liam", "Mei", "Noor", "Olga", "Pablo", "Quinn", "Rosa", "Sven", "Tala",
)  # fmt: skip
LAST_NAMES = (
    "Abara", "Berg", "Castillo", "Dubois", "Eriksen", "Fischer", "Garcia", "Haddad", "Ito",
    "Jansen", "Kowalski", "Lindqvist", "Moreau", "Nakamura", "O'Neill", "Petrov", "Rossi",
    "Schmidt", "Tanaka", "Weber",
)  # fmt: skip
PRAISE = ("Great help, thank you!", "Quick and friendly.", None, None, None)
COMPLAINTS = ("Took far too long.", "My question was not answered.", None, None)
