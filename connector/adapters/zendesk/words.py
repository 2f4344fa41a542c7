"""What the words of Zendesk's events mean to us; the lists follow the vendor's event pages.

The event export has no recorded page, so the kinds that only the ticket audits are known to have
stand here too, should they appear.
"""

from __future__ import annotations

from connector.model.ticket import EventKind

KINDS = {
    "status": EventKind.STATUS,
    "assignee_id": EventKind.ASSIGNEE,
    "group_id": EventKind.GROUP,
    "priority": EventKind.PRIORITY,
    "type": EventKind.TYPE,
    "satisfaction_score": EventKind.RATING,
}
CHANNELS = {
    "web form": "web",
    "web service": "api",
    "web widget": "web_widget",
    "mail": "email",
    "closed ticket": "closed_ticket",
    "mobile sdk": "mobile_sdk",
    "phone call (inbound)": "voice",
    "phone call (outbound)": "voice",
    "voicemail": "voice",
}
COMMENTS = frozenset({"Comment", "VoiceComment", "FacebookComment"})
CHANGES = frozenset({"Create", "Change"})

# kinds of entries that say nothing about times, states or people of a ticket; a chat's transcript
# is among them, because such tickets are marked and their replies are kept elsewhere
_SILENT_WORDS = """
    AgentMacroReference AttachmentRedactionEvent Cc ChatEndedEvent ChatStartedEvent
    CommentPrivacyChange CommentRedactionEvent EmailCcChange Error External FacebookEvent
    FollowerNotificationEvent FollowersChange LogMeInTranscript Notification NotificationWithCcs
    OrganizationActivity Push SMS TicketSharingEvent Tweet"""
SILENT = frozenset(_SILENT_WORDS.split())

# fields of a ticket whose changes no KPI asks for; targets of SLAs have a stream of their own
_SILENT_KEYS_WORDS = """
    added_tags agent_work_time brand_id collaborator_ids custom_status_id custom_ticket_fields
    description due_at email_cc_ids external_id first_reply_time follower_ids group_ownership_time
    is_public locale_id next_reply_time organization_id pausable_update_time periodic_update_time
    problem_id raw_subject recipient removed_tags requester_id requester_wait_time submitter_id
    subject tags ticket_form_id total_resolution_time"""
SILENT_KEYS = frozenset(_SILENT_KEYS_WORDS.split())

# keys that belong to every entry, or to one of another kind
_FRAME_WORDS = """
    audit_id comment_present comment_public created_at event_type field_name id metadata
    previous_value type value via via_reference_id"""
FRAME = frozenset(_FRAME_WORDS.split())

_COMMENT_WORDS = """
    attachments author_id body data formatted_from html_body plain_body public
    transcription_visible trusted"""
_KEYS_BY_KIND = {
    **dict.fromkeys(COMMENTS, _COMMENT_WORDS),
    "SatisfactionRating": "assignee_id body comment reason reason_code reason_id score",
    "ScheduleAssignment": "new_schedule_id previous_schedule_id schedule_id",
}
KNOWN_KEYS = {kind: FRAME.union(words.split()) for kind, words in _KEYS_BY_KIND.items()}
"""The keys of an entry, by its kind."""

CHANGE_KEYS = FRAME | SILENT_KEYS | KINDS.keys()
"""The keys of every other entry: the fields of a ticket."""

_EVENT_WORDS = """
    child_events created_at event_type id merged_ticket_ids metadata system ticket_id timestamp
    updater_id via via_reference_id"""
EVENT_KEYS = frozenset(_EVENT_WORDS.split())

MERGE_TAG = "closed_by_merge"
MERGES = frozenset({"merge", "merged", "ticket merge", "ticket merged", "ticket_merge"})
"""What `via` or its `rel` says of a merge."""
